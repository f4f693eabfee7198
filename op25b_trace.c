// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints: this file makes their definitions
 */
#define CREATE_TRACE_POINTS
#include "op25b_trace.h"
