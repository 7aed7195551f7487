/* paths.h: where things are. The Makefile may define other places; the daemon's options override.
 */
#ifndef PAT_PATHS_H
#define PAT_PATHS_H

#ifndef PATH_RUN_DIR
#define PATH_RUN_DIR "/run/pam_pat"
#endif
#ifndef PATH_STATE_DIR
#define PATH_STATE_DIR "/var/lib/pam_pat"
#endif
#ifndef PATH_CONFIG
#define PATH_CONFIG "/etc/security/pat.conf"
#endif

#define PATH_SOCKET_NAME      "patd.sock" /* in the run directory, mode 0666 */
#define PATH_ROOT_SOCKET_NAME "root.sock" /* mode 0600, for uid 0 alone */
#define PATH_SOCKET	      PATH_RUN_DIR "/" PATH_SOCKET_NAME
#define PATH_ROOT_SOCKET      PATH_RUN_DIR "/" PATH_ROOT_SOCKET_NAME

#define PATH_USER	"patd"	     /* runs the process that owns the store */
#define PATH_NAMES_USER "patd-names" /* runs the process that asks the name service */

#define PATH_PAM_SERVICE "patctl" /* the PAM service of re-authentication */
#define PATH_PAM_FILE	 "/etc/pam.d/" PATH_PAM_SERVICE

#endif
