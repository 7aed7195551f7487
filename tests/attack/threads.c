/*
 * threads SERVICE USER ROUNDS CASES [storm]: a host of PAM with 32 threads that log USER in all at
 * once, each with a handle of its own, as servers with threads do. CASES is a file of lines `NUMBER
 * SECRET`: what pam_authenticate() is to return for which answer to its prompt. Each thread goes
 * through them ROUNDS times, and where it was let in through all phases.
 *
 * With `storm`, one more thread forks and another sends signals, whose handlers interrupt every
 * call that can be interrupted; the handler of SIGCHLD waits for whatever child there is.
 *
 * The locale is the environment's; one that the system does not have is a fault of the test. Prints
 * how many logins there were, and each that went otherwise than it should. Exit status: 0 none did.
 */
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/token.h"
#include "tests/lib/pam_host.h"

enum { THREADS = 32, CASES = 64 };

static struct login {
	int expected;
	char secret[512];
	char id[TOKEN_ID_LEN + 1]; /* "": the secret is no token's */
} cases[CASES];
static int case_count, rounds;
static const char *service, *user;
static atomic_int logins, wrong;
static atomic_bool enough;

/* ---- one login ---- */

static bool environment_is(pam_handle_t *pamh, const char *id)
{
	const char *found = pam_getenv(pamh, "PAT_ID");

	return strcmp(found ? found : "", id) == 0;
}

/* What goes wrong first, or NULL. */
static const char *phases(pam_handle_t *pamh, const struct login *login)
{
	int retval = pam_authenticate(pamh, 0);
	bool in = retval == PAM_SUCCESS;

	if (retval != login->expected)
		return pam_strerror(pamh, retval);
	if (!environment_is(pamh, in ? login->id : ""))
		return "another token's ID";
	if (!in)
		return NULL;
	if (pam_acct_mgmt(pamh, 0) != PAM_SUCCESS)
		return "the account phase";
	if (pam_setcred(pamh, PAM_ESTABLISH_CRED) != PAM_SUCCESS)
		return "credentials";
	if (pam_open_session(pamh, 0) != PAM_SUCCESS)
		return "opening the session";
	return pam_close_session(pamh, 0) == PAM_SUCCESS ? NULL : "closing the session";
}

static void log_in(struct login *login)
{
	struct pam_conv conv = {host_converse, login->secret};
	const char *fault = "no handle";
	pam_handle_t *pamh;

	if (pam_start(service, user, &conv, &pamh) == PAM_SUCCESS) {
		host_set_delay(pamh, host_no_delay);
		fault = phases(pamh, login);
		pam_end(pamh, PAM_SUCCESS);
	}
	atomic_fetch_add(&logins, 1);
	if (!fault)
		return;
	atomic_fetch_add(&wrong, 1);
	printf("case %td: %s\n", login - cases, fault);
}

/* ---- the threads ---- */

static void *logging_in(void *arg)
{
	int first = *(const int *)arg;

	for (int i = 0; i < rounds * case_count; i++)
		log_in(&cases[(first + i) % case_count]);
	return NULL;
}

static void pause_ms(long ms)
{
	struct timespec t = {0, ms * 1000000};

	nanosleep(&t, NULL);
}

static atomic_int forked, reaped, interrupts;

static void on_child(int number)
{
	int before = errno;

	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		atomic_fetch_add(&reaped, 1);
	errno = before;
}

static void on_alarm(int number)
{
	(void)number;
	atomic_fetch_add(&interrupts, 1);
}

static void *forking(void *arg)
{
	(void)arg;
	while (!enough) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid > 0)
			atomic_fetch_add(&forked, 1);
		pause_ms(10);
	}
	return NULL;
}

/* Some thread takes the signal, whichever it is. */
static void *interrupting(void *arg)
{
	pthread_t *thread = arg;

	for (int i = 0; !enough; i++) {
		pthread_kill(thread[i % THREADS], SIGALRM);
		pause_ms(1);
	}
	return NULL;
}

static void handle(int number, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART */

	sigaction(number, &action, NULL);
}

static void start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	if (pthread_create(thread, NULL, run, arg)) {
		perror("threads: pthread_create");
		exit(100);
	}
}

static void run_threads(bool storm)
{
	pthread_t thread[THREADS], forker, interrupter;
	int first[THREADS];

	handle(SIGCHLD, on_child);
	handle(SIGALRM, on_alarm);
	for (int i = 0; i < THREADS; i++) {
		first[i] = i;
		start(&thread[i], logging_in, &first[i]);
	}
	if (storm) {
		start(&forker, forking, NULL);
		start(&interrupter, interrupting, thread);
		/* A thread that was joined may not be sent a signal: these end first. */
		while (logins < THREADS * rounds * case_count)
			pause_ms(10);
		enough = true;
		pthread_join(forker, NULL);
		pthread_join(interrupter, NULL);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	while (waitpid(-1, NULL, 0) > 0)
		atomic_fetch_add(&reaped, 1);
}

/* ---- the program ---- */

static bool read_case(char *line)
{
	struct login *c = &cases[case_count];
	struct token t;

	line[strcspn(line, "\n")] = '\0';
	if (case_count == CASES || sscanf(line, "%d %511[^\n]", &c->expected, c->secret) != 2)
		return false;
	if (token_parse(c->secret, strlen(c->secret), &t))
		memcpy(c->id, t.id, sizeof(c->id));
	case_count++;
	return true;
}

static bool read_cases(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[1024];
	bool good = f != NULL;

	while (good && fgets(line, sizeof(line), f))
		good = read_case(line);
	if (f)
		fclose(f);
	return good && case_count > 0;
}

int main(int argc, char **argv)
{
	bool storm = argc == 6 && strcmp(argv[5], "storm") == 0;

	if (argc != (storm ? 6 : 5) || (rounds = atoi(argv[3])) < 1 || !read_cases(argv[4])) {
		fprintf(stderr, "usage: threads SERVICE USER ROUNDS CASES [storm]\n");
		return 100;
	}
	if (!setlocale(LC_ALL, "")) {
		fprintf(stderr, "threads: no such locale\n");
		return 100;
	}
	service = argv[1];
	user = argv[2];
	run_threads(storm);
	printf("%d logins, %d wrong\n", logins, wrong);
	if (storm)
		printf("%d signals, %d children, %d waited for\n", interrupts, forked, reaped);
	return wrong > 0 || (storm && forked != reaped);
}
