/* limits.h: everything that someone outside can make grow has a cap, and all caps stand here. */
#ifndef PAT_LIMITS_H
#define PAT_LIMITS_H

#include <stdint.h>

/* 9999-12-31T23:59:59Z, in seconds since the epoch: times are told with four digits of a year. */
#define LIMIT_TIME UINT64_C(253402300799)

/* Sizes in bytes; a string's limit does not count its terminating NUL. */
enum {
	LIMIT_PACKET = 8192,	/* one packet on the socket, header included */
	LIMIT_NAME_CHOSEN = 64, /* a token's name, as people may choose it */
	LIMIT_NAME = 108,	/* the same with LIMIT_DEPTH times `/N` behind it: a child's name */
	LIMIT_NOTE = 256,	/* a token's note */
	LIMIT_REASON = 256,	/* why a token was revoked */
	LIMIT_USER = 255,	/* an account's name; LOGIN_NAME_MAX is 256 with its NUL */
	LIMIT_SERVICE = 64,	/* a PAM service's name */
	LIMIT_RHOST = 255,	/* PAM_RHOST: a host name's longest form */
	LIMIT_SCOPES = 1024,	/* a token's scopes, as one comma-separated text */
	LIMIT_SCOPE_COUNT = 32, /* scopes of one token */
	LIMIT_SOURCES = 1024,	/* where a token may be used from, as one comma-separated text */
	LIMIT_SOURCE_COUNT = 32,  /* addresses and networks of one token */
	LIMIT_AUTH_INFO = 4096,	  /* SSH_AUTH_INFO_0: what sshd says of the keys that were proved */
	LIMIT_GROUPS = 4096,	  /* the names of an account's groups, each with a NUL */
	LIMIT_MESSAGE = 512,	  /* a message or a prompt for a person: PAM_MAX_MSG_SIZE */
	LIMIT_RESPONSE = 511,	  /* an answer to a prompt: PAM_MAX_RESP_SIZE with its NUL */
	LIMIT_RECORD = 4096,	  /* one encoded token record */
	LIMIT_SCAN = 64 << 20,	  /* text in which `revoke --stdin` looks for tokens */
	LIMIT_LINE = 32768,	  /* a line of an exported file */
	LIMIT_CONFIG = 4 << 20,	  /* the text of one configuration file */
	LIMIT_CONFIG_FILES = 256, /* pat.conf and its drop-ins */
	LIMIT_LIST = 20000,	  /* elements of one list in pat.conf */
};

/* Connections. */
enum {
	LIMIT_CONNS = 64,	 /* on the socket that everyone may use, in all */
	LIMIT_CONNS_PER_UID = 4, /* there, of one uid; uids without an account share one such cap */
	LIMIT_CONNS_PER_VERIFIER =
		16, /* of a uid with a `verifier` section; they have LIMIT_CONNS apart */
	LIMIT_CONNS_ROOT = 512, /* of root: a bound against a fault, not a policy */
	LIMIT_CONNS_TOLD = 128, /* answered already, while the disk takes its time */
};

/* What else is counted. */
enum {
	LIMIT_REAUTH_FAILURES = 5, /* in LIMIT_REAUTH_WINDOW, then blocked for as long */
	LIMIT_REAUTH_UIDS = 4096,  /* uids with failures that are remembered */
	LIMIT_NAMES_WORKERS =
		16, /* lookups in flight; each worker has one, and so many may hang at once */
	LIMIT_NAMES_COMMON = 12,       /* of them, for anyone but root */
	LIMIT_NAMES_QUEUE = 1024,      /* lookups waiting; more are answered as errors */
	LIMIT_TOKENS = 100000,	       /* the highest max_tokens that pat.conf accepts */
	LIMIT_DEAD_TOKENS = 1000,      /* revoked and expired ones that an account may keep */
	LIMIT_FAMILY = 8,	       /* predecessors of a rotated token that are kept */
	LIMIT_DEPTH = 4,	       /* ancestors of an exchanged token */
	LIMIT_CHILDREN = 1000,	       /* exchanged tokens of one account */
	LIMIT_EXCHANGES = 10,	       /* a second, of one parent */
	LIMIT_EXCHANGES_ACCOUNT = 100, /* and of one account */
	LIMIT_HANDOVERS = 4096,	       /* logins whose session has not begun */
	LIMIT_SESSIONS = 16384,	       /* sessions under way */
	LIMIT_SESSIONS_TOKEN = 256,    /* of one token */
	LIMIT_KILLS = 16,	       /* sessions that are being ended */
	LIMIT_OTHERS = 16,	       /* processes that run on, of those that are told */
	LIMIT_BATCH = 256,	       /* tokens changed in one transaction of bulk work */
	LIMIT_BATCH_BYTES = 65536,     /* of those that wait for it */
	LIMIT_LOOKED_AT = 4096,	       /* tokens looked at in one step of bulk work */
	LIMIT_SEEN = 65536,	       /* distinct tokens of a text that patctl remembers */
};

/* Events. */
enum {
	LIMIT_EVENT = 2600,		/* bytes of one, with all it can carry */
	LIMIT_EVENTS_DEED = 1000000,	/* that are kept of each class: what was done, */
	LIMIT_EVENTS_LOGIN = 1000000,	/* accepted logins, */
	LIMIT_EVENTS_EXCHANGE = 100000, /* what was done to exchanged tokens, */
	LIMIT_EVENTS_REFUSAL = 100000,	/* refusals */
	LIMIT_JOURNAL = 1 << 20, /* bytes of logins, and of refusals, that wait to be written */
	LIMIT_JOURNAL_IDS = 512, /* IDs refused in a minute that are told one by one; as many
				    again of those that are only claimed */
};

/* Times in milliseconds, but for those in seconds. */
enum {
	LIMIT_FIRST_PACKET_MS = 5000,
	LIMIT_PROMPT_MS = 60000,
	LIMIT_REQUEST_MS = 120000,
	LIMIT_STREAM_IDLE_MS = 30000,
	LIMIT_NAMES_MS = 2000,	      /* one lookup, before its worker is replaced */
	LIMIT_NAMES_CACHE_MS = 1000,  /* how long an answer of the names process is believed */
	LIMIT_ABSENT_DAEMON_MS = 200, /* how long a client retries a socket that is not there */
	LIMIT_EXCHANGED_KEPT = 3600,  /* seconds: an exchanged token, after its end */
	LIMIT_REAUTH_WINDOW = 600,    /* seconds */
	LIMIT_HANDOVER_S = 600,	      /* seconds from a login to its session */
	LIMIT_KILL_MS = 20000,	      /* to end one session */
	LIMIT_REFUSALS_LOGGED = 20,   /* a minute, of one uid that is not root's */
};

#endif
