/* SPDX-License-Identifier: GPL-2.0 */
/* asm/byteorder.h for user space: the system's header has only the names with underscores */
#ifndef _SHIM_ASM_BYTEORDER_H
#define _SHIM_ASM_BYTEORDER_H

#include_next <asm/byteorder.h>

#define htons(x)	((__be16)__cpu_to_be16(x))
#define ntohs(x)	__be16_to_cpu(x)
#define htonl(x)	((__be32)__cpu_to_be32(x))
#define ntohl(x)	__be32_to_cpu(x)
#define cpu_to_be32(x)	__cpu_to_be32(x)
#define be32_to_cpu(x)	__be32_to_cpu(x)
#define cpu_to_be64(x)	__cpu_to_be64(x)
#define be64_to_cpu(x)	__be64_to_cpu(x)
#define cpu_to_le32(x)	__cpu_to_le32(x)
#define le32_to_cpu(x)	__le32_to_cpu(x)
#define le64_to_cpu(x)	__le64_to_cpu(x)

#endif /* _SHIM_ASM_BYTEORDER_H */
