/*
 * shim.c: the module that libpam loads for fuzz_module: it hands each call to the program that it
 * is loaded into, which has the real module in it and looks at the handle before and after.
 */
#include <security/pam_modules.h>

#include "tests/fuzz/shim.h"

#define PHASE(name, phase)                                                                         \
	__attribute__((visibility("default"))) int name(                                           \
		pam_handle_t *pamh, int flags, int argc, const char **argv)                        \
	{                                                                                          \
		(void)argc;                                                                        \
		(void)argv;                                                                        \
		return fuzz_module_call(pamh, phase, flags);                                       \
	}

PHASE(pam_sm_authenticate, PHASE_AUTHENTICATE)
PHASE(pam_sm_setcred, PHASE_SETCRED)
PHASE(pam_sm_acct_mgmt, PHASE_ACCOUNT)
PHASE(pam_sm_open_session, PHASE_OPEN)
PHASE(pam_sm_close_session, PHASE_CLOSE)
PHASE(pam_sm_chauthtok, PHASE_CHAUTHTOK)
