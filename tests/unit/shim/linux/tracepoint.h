/* SPDX-License-Identifier: GPL-2.0 */
/* linux/tracepoint.h for user space: what is traced is in harness.c */
#ifndef _SHIM_LINUX_TRACEPOINT_H
#define _SHIM_LINUX_TRACEPOINT_H

#define TP_PROTO(...)		__VA_ARGS__
#define TRACE_DEFINE_ENUM(value)
#define TRACE_EVENT(name, proto, ...)			\
	void trace_##name(proto);			\
	static inline bool trace_##name##_enabled(void)	\
	{						\
		return true;				\
	}						\
	struct trace_##name##_fields

#endif /* _SHIM_LINUX_TRACEPOINT_H */
