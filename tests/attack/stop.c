/*
 * stop SPAN ROUNDS HELD FILE COMMAND...: what a hostile person does to programs in the middle of a
 * login. Starts COMMAND again and again, as a shell would, on a terminal and with FILE at its
 * stdin, and stops each at another moment of its first SPAN microseconds: by SIGSTOP, or by ^Z
 * where that is not permitted, as with a set-id program that has become root altogether. Every
 * second one is killed then, if that is permitted; of the others HELD stay stopped until newer ones
 * come.
 *
 * Prints "ROUNDS rounds, N stopped by signal, N by key, N killed, N had ended".
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { HELD_MAX = 256, SETTLE_MS = 20 };

static struct {
	unsigned signalled, keyed, killed, ended;
} count;

static int master, terminal;
static pid_t held[HELD_MAX];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* We become what a shell is: the leader of the terminal's session. */
static void make_terminal(void)
{
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		die("stop: pty");
	setsid();
	terminal = open(ptsname(master), O_RDWR | O_CLOEXEC);
	if (terminal < 0 || ioctl(terminal, TIOCSCTTY, 0) < 0)
		die("stop: terminal");
	signal(SIGTTOU, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

static pid_t start(char **command, const char *input)
{
	pid_t pid = fork();
	int fd;

	if (pid < 0)
		die("stop: fork");
	if (pid > 0)
		return pid;
	setpgid(0, 0);
	tcsetpgrp(terminal, getpid());
	signal(SIGTTOU, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	fd = open(input, O_RDONLY);
	if (fd < 0 || dup2(fd, 0) < 0 || dup2(terminal, 1) < 0 || dup2(terminal, 2) < 0)
		_exit(126);
	execvp(command[0], command);
	_exit(127);
}

/* What programs print must not fill the terminal. */
static void drain(void)
{
	char text[4096];

	while (read(master, text, sizeof(text)) > 0)
		;
}

/* Did it stop, or end? False: neither, so far. */
static bool settled(pid_t pid, int *status)
{
	for (int ms = 0; ms < SETTLE_MS; ms++) {
		drain();
		if (waitpid(pid, status, WUNTRACED | WNOHANG) == pid)
			return true;
		poll(NULL, 0, 1);
	}
	return false;
}

static void destroy(pid_t pid)
{
	static const char quit = 'C' & 0x1f;

	if (pid <= 0)
		return;
	if (kill(-pid, SIGKILL) < 0 || kill(pid, SIGKILL) < 0) {
		tcsetpgrp(terminal, pid);
		if (write(master, &quit, 1) < 0)
			die("stop: terminal");
		kill(pid, SIGCONT); /* within a session anybody may */
	}
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		drain();
		poll(NULL, 0, 1);
	}
}

/* By what is permitted. */
static unsigned *stop(pid_t pid)
{
	static const char suspend = 'Z' & 0x1f;

	if (kill(pid, SIGSTOP) == 0)
		return &count.signalled;
	if (write(master, &suspend, 1) < 0)
		die("stop: terminal");
	return &count.keyed;
}

static void sleep_us(long us)
{
	struct timespec t = {us / 1000000, us % 1000000 * 1000};

	while (nanosleep(&t, &t) < 0)
		;
}

static void attack(char **command, const char *input, long delay_us, bool hold, unsigned places)
{
	static unsigned next;
	pid_t pid = start(command, input);
	unsigned *how;
	int status;

	sleep_us(delay_us);
	how = stop(pid);
	if (!settled(pid, &status) || !WIFSTOPPED(status)) {
		if (waitpid(pid, &status, WNOHANG) == 0) /* deaf to us: it goes on */
			destroy(pid);
		count.ended++;
		return;
	}
	++*how;
	if (hold && places > 0) {
		destroy(held[next % places]);
		held[next++ % places] = pid;
		return;
	}
	count.killed += kill(pid, SIGKILL) == 0;
	destroy(pid);
}

int main(int argc, char **argv)
{
	long span, rounds;
	unsigned places;

	if (argc < 6) {
		fprintf(stderr, "usage: stop SPAN ROUNDS HELD FILE COMMAND...\n");
		return 2;
	}
	span = atol(argv[1]);
	rounds = atol(argv[2]);
	places = (unsigned)atoi(argv[3]) % HELD_MAX;
	srand48(getpid());
	make_terminal();
	for (long i = 0; i < rounds; i++)
		attack(&argv[5], argv[4],
			(long)(((double)i + drand48()) * (double)span / (double)rounds), i % 2,
			places);
	for (unsigned i = 0; i < places; i++)
		destroy(held[i]);
	printf("%ld rounds, %u stopped by signal, %u by key, %u killed, %u had ended\n", rounds,
		count.signalled, count.keyed, count.killed, count.ended);
	return 0;
}
