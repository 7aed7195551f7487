/* patd: the daemon that owns the store of tokens. See patd(8) and docs/DESIGN.md. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/err.h"
#include "common/fd.h"
#include "common/paths.h"
#include "patd/audit.h"
#include "patd/config.h"
#include "patd/parent.h"
#include "patd/privileges.h"
#include "patd/service.h"

static const char usage_text[] =
	"usage: patd [-F] [-d] [--run-dir DIR] [--state-dir DIR] [--config FILE]\n"
	"       patd --check-config [FILE]\n"
	"\n"
	"  -F, --foreground     make the sockets, without a service manager\n"
	"  -d, --debug          log more, and to standard error\n"
	"      --run-dir DIR    where the sockets are (" PATH_RUN_DIR ")\n"
	"      --state-dir DIR  where the store is (" PATH_STATE_DIR ")\n"
	"      --config FILE    configuration (" PATH_CONFIG ")\n"
	"      --check-config   check the configuration and exit\n"
	"  -V, --version        print the version and exit\n"
	"  -h, --help           print this and exit\n";

enum { OPT_RUN_DIR = 256, OPT_STATE_DIR, OPT_CONFIG, OPT_CHECK };

static const struct option options[] = {
	{"foreground", no_argument, NULL, 'F'},
	{"debug", no_argument, NULL, 'd'},
	{"run-dir", required_argument, NULL, OPT_RUN_DIR},
	{"state-dir", required_argument, NULL, OPT_STATE_DIR},
	{"config", required_argument, NULL, OPT_CONFIG},
	{"check-config", no_argument, NULL, OPT_CHECK},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int check_config(const char *path)
{
	struct config_text text;
	struct config *config;
	char why[512];
	int err = config_read(path, &text, why, sizeof(why));

	if (!err) {
		err = config_parse(&text, &config, why, sizeof(why));
		config_text_free(&text);
	}
	if (err) {
		fprintf(stderr, "patd: %s\n", why);
		return EXIT_FAILURE;
	}
	config_unref(config);
	return EXIT_SUCCESS;
}

struct settings {
	struct parent_options parent;
	bool debug, check;
};

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct settings *s)
{
	int c;

	while ((c = getopt_long(argc, argv, "FdVh", options, NULL)) != -1) {
		switch (c) {
		case 'F':
			s->parent.foreground = true;
			break;
		case 'd':
			s->debug = true;
			break;
		case OPT_RUN_DIR:
			s->parent.run_dir = optarg;
			break;
		case OPT_STATE_DIR:
			s->parent.state_dir = optarg;
			break;
		case OPT_CONFIG:
			s->parent.config = optarg;
			break;
		case OPT_CHECK:
			s->check = true;
			break;
		case 'V':
			puts("patd " PAT_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			fputs(usage_text, stdout);
			return EXIT_SUCCESS;
		default:
			fputs(usage_text, stderr);
			return EXIT_USAGE;
		}
	}
	if (s->check && argc - optind == 1) {
		s->parent.config = argv[optind];
	} else if (optind < argc) {
		fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct settings s = {.parent = {.run_dir = PATH_RUN_DIR,
				     .state_dir = PATH_STATE_DIR,
				     .config = PATH_CONFIG}};
	const struct rlimit no_limit = {RLIM_INFINITY, RLIM_INFINITY};
	int status;

	if (fd_fill_stdio())
		return EXIT_FAILURE;
	service_close_inherited();
	status = parse(argc, argv, &s);
	if (status >= 0)
		return status;
	if (s.check)
		return check_config(s.parent.config);
	if (geteuid() != 0) {
		fputs("patd: must be started as root; it drops what it does not need\n", stderr);
		return EXIT_FAILURE;
	}
	umask(077);
	/* While it may; else it is what the service manager gave. */
	setrlimit(RLIMIT_MEMLOCK, &no_limit);
	if (privileges_limit()) {
		fputs("patd: capabilities cannot be given up\n", stderr);
		return EXIT_FAILURE;
	}
	audit_open(s.debug);
	return parent_run(&s.parent) ? EXIT_FAILURE : EXIT_SUCCESS;
}
