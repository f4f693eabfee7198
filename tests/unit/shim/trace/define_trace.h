/* SPDX-License-Identifier: GPL-2.0 */
/* trace/define_trace.h for user space: there are no definitions */
