/* SPDX-License-Identifier: GPL-2.0 */
/* linux/kmod.h for user space: what a module brings is in the test */
#ifndef _SHIM_LINUX_KMOD_H
#define _SHIM_LINUX_KMOD_H

int request_module(const char *name);

#endif /* _SHIM_LINUX_KMOD_H */
