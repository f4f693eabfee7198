// SPDX-License-Identifier: GPL-2.0
/*
 * What a hook costs: prebuilt packets through the kernel's own PRE_ROUTING chain
 *
 * In debugfs, below op25b_bench:
 *
 *   packets	to be written: raw IP packets, one right behind the other, all of one family; they take
 *		the place of those before
 *   run	reading it sends them all, several times over, and says what came of it:
 *		"packets accepted dropped nanoseconds", each the sum over all passes
 *   floor	to be written: "accept" or "drop", a hook that does just that; or "none"
 *   idle	how long the processor had nothing to do, in microseconds
 *
 * Nothing but nf_hook() lies in the measured loop. A hook that drops a packet frees it, so each has
 * a second reference, which shows afterwards whether the packet was dropped. Interrupts are off: a
 * timer's tick is not what a packet costs.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/seq_file.h>
#include <linux/skbuff.h>
#include <linux/tick.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <net/net_namespace.h>

#define PASSES		4
#define BYTES_MAX	(1U << 20)
#define PACKETS_MAX	8192
#define HEADROOM	128

static DEFINE_MUTEX(lock);
static struct dentry *dir;

static u8 *bytes;
static unsigned int bytes_count;

static struct sk_buff *packets[PACKETS_MAX];
static unsigned int packets_count;
static u8 packets_pf;

static bool floor_registered;

/* --- the packets --- */

static void packets_free(void)
{
	while (packets_count)
		kfree_skb(packets[--packets_count]);
}

static unsigned int packet_len(const u8 *packet, unsigned int room)
{
	const struct iphdr *ip = (const void *)packet;
	const struct ipv6hdr *ip6 = (const void *)packet;

	if (room >= sizeof(*ip) && ip->version == 4)
		return ntohs(ip->tot_len);
	if (room >= sizeof(*ip6) && ip6->version == 6)
		return sizeof(*ip6) + ntohs(ip6->payload_len);
	return 0;
}

/* As ip_rcv() and ipv6_rcv() have it when they call the hooks. */
static struct sk_buff *packet_make(const u8 *packet, unsigned int len)
{
	bool ipv6 = packet[0] >> 4 == 6;
	struct sk_buff *skb;

	skb = alloc_skb(HEADROOM + len, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, HEADROOM);
	skb_put_data(skb, packet, len);
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, ipv6 ? sizeof(struct ipv6hdr) : (packet[0] & 0xf) * 4);
	skb->protocol = htons(ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	skb->dev = init_net.loopback_dev;
	return skb;
}

static int packets_make(void)
{
	unsigned int off, len;
	struct sk_buff *skb;

	packets_free();
	for (off = 0; off < bytes_count; off += len) {
		len = packet_len(bytes + off, bytes_count - off);
		if (!len || len > bytes_count - off || packets_count == PACKETS_MAX ||
		    (off && (bytes[off] ^ bytes[0]) >> 4))
			return -EINVAL;
		skb = packet_make(bytes + off, len);
		if (!skb)
			return -ENOMEM;
		packets[packets_count++] = skb;
	}
	if (packets_count)
		packets_pf = bytes[0] >> 4 == 6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	bytes_count = 0;
	return 0;
}

static int packets_open(struct inode *inode, struct file *file)
{
	if (file->f_flags & O_TRUNC) {
		mutex_lock(&lock);
		bytes_count = 0;
		packets_free();
		mutex_unlock(&lock);
	}
	return nonseekable_open(inode, file);
}

static ssize_t packets_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	ssize_t ret = count;

	mutex_lock(&lock);
	if (count > BYTES_MAX - bytes_count)
		ret = -EFBIG;
	else if (copy_from_user(bytes + bytes_count, buf, count))
		ret = -EFAULT;
	else
		bytes_count += count;
	mutex_unlock(&lock);
	return ret;
}

static const struct file_operations packets_fops = {
	.owner = THIS_MODULE,
	.open = packets_open,
	.write = packets_write,
	.llseek = no_llseek,
};

/* --- sending them --- */

static int okfn(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	return 0;
}

/* One for each family: the kernel's nf_hook() asks a static key, which takes constants. */
#define DEFINE_SEND(name, pf)								\
static noinline u64 name(struct net_device *dev)					\
{											\
	u64 start = ktime_get_ns();							\
	unsigned int i;									\
											\
	for (i = 0; i < packets_count; i++)						\
		nf_hook(pf, NF_INET_PRE_ROUTING, &init_net, NULL, packets[i], dev, NULL, okfn);	\
	return ktime_get_ns() - start;							\
}

DEFINE_SEND(send_ipv4, NFPROTO_IPV4)
DEFINE_SEND(send_ipv6, NFPROTO_IPV6)

static int run_show(struct seq_file *seq, void *v)
{
	struct net_device *dev = init_net.loopback_dev;
	u64 sent = 0, accepted = 0, dropped = 0, ns = 0;
	unsigned int pass, i;
	int err = 0;

	mutex_lock(&lock);
	if (bytes_count)
		err = packets_make();
	for (pass = 0; pass < PASSES && !err; pass++) {
		for (i = 0; i < packets_count; i++)
			skb_get(packets[i]);

		local_bh_disable();
		local_irq_disable();
		ns += packets_pf == NFPROTO_IPV4 ? send_ipv4(dev) : send_ipv6(dev);
		local_irq_enable();
		local_bh_enable();

		for (i = 0; i < packets_count; i++) {
			sent++;
			if (refcount_read(&packets[i]->users) > 1) {
				refcount_dec(&packets[i]->users);
				accepted++;
			} else {
				dropped++;
			}
		}
		cond_resched();
	}
	mutex_unlock(&lock);
	if (!err)
		seq_printf(seq, "%llu %llu %llu %llu\n", sent, accepted, dropped, ns);
	return err;
}
DEFINE_SHOW_ATTRIBUTE(run);

/* --- the floor --- */

static unsigned int floor_accept(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static unsigned int floor_drop(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_DROP;
}

static struct nf_hook_ops floor_hooks[] = {
	{
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_RAW_BEFORE_DEFRAG,
	},
	{
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP6_PRI_RAW_BEFORE_DEFRAG,
	},
};

static void floor_unregister(void)
{
	if (floor_registered)
		nf_unregister_net_hooks(&init_net, floor_hooks, ARRAY_SIZE(floor_hooks));
	floor_registered = false;
}

static int floor_register(nf_hookfn *hook)
{
	unsigned int i;
	int err;

	floor_unregister();
	if (!hook)
		return 0;
	for (i = 0; i < ARRAY_SIZE(floor_hooks); i++)
		floor_hooks[i].hook = hook;
	err = nf_register_net_hooks(&init_net, floor_hooks, ARRAY_SIZE(floor_hooks));
	floor_registered = !err;
	return err;
}

static ssize_t floor_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	char text[16] = "";
	int err;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;

	mutex_lock(&lock);
	if (sysfs_streq(text, "accept"))
		err = floor_register(floor_accept);
	else if (sysfs_streq(text, "drop"))
		err = floor_register(floor_drop);
	else if (sysfs_streq(text, "none"))
		err = floor_register(NULL);
	else
		err = -EINVAL;
	mutex_unlock(&lock);
	return err ?: count;
}

static const struct file_operations floor_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.write = floor_write,
	.llseek = no_llseek,
};

/* --- the rest --- */

static int idle_show(struct seq_file *seq, void *v)
{
	seq_printf(seq, "%llu\n", get_cpu_idle_time_us(0, NULL));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(idle);

static int __init bench_init(void)
{
	bytes = vmalloc(BYTES_MAX);
	if (!bytes)
		return -ENOMEM;
	dir = debugfs_create_dir("op25b_bench", NULL);
	debugfs_create_file("packets", 0200, dir, NULL, &packets_fops);
	debugfs_create_file("run", 0400, dir, NULL, &run_fops);
	debugfs_create_file("floor", 0200, dir, NULL, &floor_fops);
	debugfs_create_file("idle", 0400, dir, NULL, &idle_fops);
	return 0;
}

static void __exit bench_exit(void)
{
	debugfs_remove(dir);
	floor_unregister();
	packets_free();
	vfree(bytes);
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Measures what netfilter hooks cost");
MODULE_AUTHOR("The op25b authors");
MODULE_LICENSE("GPL");
