#!/bin/bash
# hazards.sh: SECURITY.md names a test for each hazard, and no other.
cd "$(dirname "$0")/../.." || exit 1
exec tests/hazards --check
