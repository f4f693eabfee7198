// SPDX-License-Identifier: GPL-2.0
#include "check.h"

unsigned long checks;
u64 chance_state = 0x9e3779b97f4a7c15ULL;
