/* shim.h: what shim.c finds in the program that has loaded libpam. */
#ifndef TESTS_FUZZ_SHIM_H
#define TESTS_FUZZ_SHIM_H

#include <security/pam_modules.h>

enum phase {
	PHASE_AUTHENTICATE,
	PHASE_SETCRED,
	PHASE_ACCOUNT,
	PHASE_OPEN,
	PHASE_CLOSE,
	PHASE_CHAUTHTOK,
	PHASES
};

int fuzz_module_call(pam_handle_t *pamh, enum phase phase, int flags);

#endif
