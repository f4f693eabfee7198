/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Letting others run within a long loop
 */
#ifndef _OP25B_CORE_PAUSE_H
#define _OP25B_CORE_PAUSE_H

/* In the module in op25b_pause.c. What builds core/ in user space has its own. */
void op25b_pause(void);

#endif /* _OP25B_CORE_PAUSE_H */
