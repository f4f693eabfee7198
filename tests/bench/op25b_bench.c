// SPDX-License-Identifier: GPL-2.0
/*
 * The cost of a hook: sends prebuilt packets through the kernel's own PRE_ROUTING chain
 *
 * Files in debugfs, in op25b_bench:
 *
 *   packets	write raw IP packets, one after the other, all of one family and one length; they
 *		replace earlier ones
 *   run	reading it sends all packets several times, and returns the result,
 *		"packets accepted dropped nanoseconds", each summed over all passes
 *   parts	the nanoseconds that each 4,096 packets of the last run took, one number per line:
 *		disturbances of the clock affect only some of them
 *   floor	write "accept" or "drop" to register a hook that does nothing else, or "none"
 *   idle	how long the processor was idle, in microseconds
 *
 * The measured loop only calls nf_hook(). Packets are copied, 64 at a time, to the same few
 * buffers, as from a driver, so that their bytes are in the cache, whatever the hook looks up for
 * them. A hook that drops a packet frees it, so each packet has a second reference, which shows
 * afterwards whether it was dropped. Interrupts are off, so that timer ticks do not count.
 */
#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/fs.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rtnetlink.h>
#include <linux/seq_file.h>
#include <linux/skbuff.h>
#include <linux/tick.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <net/l3mdev.h>
#include <net/net_namespace.h>

#define PASSES		4
#define BYTES_MAX	(16U << 20)
#define BATCH		64
#define HEADROOM	128

/* The number of packets of a part, and the largest number of parts */
#define PART		4096
#define PARTS_MAX	(PASSES * (BYTES_MAX / sizeof(struct ipv6hdr) / PART + 1))

static DEFINE_MUTEX(lock);
static struct dentry *dir;

static u8 *bytes;
static unsigned int bytes_count;

static struct sk_buff *batch[BATCH];
static unsigned int packet_len;
static u8 packets_pf;

static u64 parts[PARTS_MAX];
static unsigned int parts_count;

static bool floor_registered;

/* --- the packets --- */

static void batch_free(void)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		kfree_skb(batch[i]);
		batch[i] = NULL;
	}
}

/* The packets come by this device, which is not registered: the module ignores the loopback device. */
static struct net_device *device;

/* While there is a VRF, they come by a port of it. */
static struct net_device *vrf, *port;

/* A packet as ip_rcv() and ipv6_rcv() pass it to the hooks, without its bytes */
static struct sk_buff *packet_make(void)
{
	bool ipv6 = packets_pf == NFPROTO_IPV6;
	struct sk_buff *skb;

	skb = alloc_skb(HEADROOM + packet_len, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, HEADROOM);
	skb_put(skb, packet_len);
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	skb->protocol = htons(ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	skb->dev = port ?: device;
	return skb;
}

static unsigned int len_of(const u8 *packet)
{
	const struct iphdr *ip = (const void *)packet;
	const struct ipv6hdr *ip6 = (const void *)packet;

	if (ip->version == 4 && ip->ihl == 5)
		return ntohs(ip->tot_len);
	if (ip6->version == 6)
		return sizeof(*ip6) + ntohs(ip6->payload_len);
	return 0;
}

/* Validate the packets that were written, and allocate the batch to send them in. */
static int packets_make(void)
{
	unsigned int i;

	if (bytes_count < sizeof(struct ipv6hdr))
		return -EINVAL;
	packet_len = len_of(bytes);
	packets_pf = bytes[0] >> 4 == 6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	if (packet_len < sizeof(struct ipv6hdr) || bytes_count % packet_len)
		return -EINVAL;
	for (i = 0; i < bytes_count; i += packet_len) {
		if (bytes[i] != bytes[0] || len_of(bytes + i) != packet_len)
			return -EINVAL;
	}
	for (i = 0; i < BATCH; i++) {
		batch[i] = packet_make();
		if (!batch[i])
			return -ENOMEM;
	}
	return 0;
}

static int packets_open(struct inode *inode, struct file *file)
{
	if (file->f_flags & O_TRUNC) {
		mutex_lock(&lock);
		bytes_count = 0;
		batch_free();
		mutex_unlock(&lock);
	}
	return nonseekable_open(inode, file);
}

static ssize_t packets_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	ssize_t ret = count;

	mutex_lock(&lock);
	batch_free(); /* so that packets_make() validates them again */
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

/* One function for each family: nf_hook() tests a static key, which requires constants. */
#define DEFINE_SEND(name, pf)								\
static noinline u64 name(struct net_device *dev, unsigned int count)			\
{											\
	u64 start = ktime_get_ns();							\
	unsigned int i;									\
											\
	for (i = 0; i < count; i++)							\
		nf_hook(pf, NF_INET_PRE_ROUTING, &init_net, NULL, batch[i], dev, NULL, okfn);	\
	return ktime_get_ns() - start;							\
}

DEFINE_SEND(send_ipv4, NFPROTO_IPV4)
DEFINE_SEND(send_ipv6, NFPROTO_IPV6)

/* Send @count packets from @from, add the dropped ones to @dropped, and return the time. */
static u64 batch_send(const u8 *from, unsigned int count, u64 *dropped)
{
	struct net_device *dev = port ?: device;
	unsigned int i;
	u64 ns;

	for (i = 0; i < count; i++) {
		memcpy(batch[i]->data, from + i * packet_len, packet_len);
		skb_get(batch[i]);
	}

	local_bh_disable();
	local_irq_disable();
	ns = packets_pf == NFPROTO_IPV4 ? send_ipv4(dev, count) : send_ipv6(dev, count);
	local_irq_enable();
	local_bh_enable();

	for (i = 0; i < count; i++) {
		if (refcount_read(&batch[i]->users) > 1)
			refcount_dec(&batch[i]->users);
		else
			(*dropped)++;
	}
	return ns;
}

static int run_show(struct seq_file *seq, void *v)
{
	unsigned int pass, packets, count, i;
	u64 sent = 0, dropped = 0, sum = 0, ns;
	int err = 0;

	mutex_lock(&lock);
	if (!batch[0])
		err = packets_make();
	packets = err ? 0 : bytes_count / packet_len;
	parts_count = 0;
	for (pass = 0; pass < PASSES; pass++) {
		for (i = 0; i < packets; i += count) {
			count = min_t(unsigned int, packets - i, BATCH);
			ns = batch_send(bytes + i * packet_len, count, &dropped);
			sum += ns;
			if (i % PART == 0)
				parts[parts_count++] = 0;
			parts[parts_count - 1] += ns;
			cond_resched();
		}
		sent += packets;
	}
	if (err)
		batch_free();
	mutex_unlock(&lock);
	if (!err)
		seq_printf(seq, "%llu %llu %llu %llu\n", sent, sent - dropped, dropped, sum);
	return err;
}
DEFINE_SHOW_ATTRIBUTE(run);

static int parts_show(struct seq_file *seq, void *v)
{
	unsigned int i;

	mutex_lock(&lock);
	for (i = 0; i < parts_count; i++)
		seq_printf(seq, "%llu\n", parts[i]);
	mutex_unlock(&lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(parts);

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

/* --- the VRF --- */

static netdev_tx_t discard(struct sk_buff *skb, struct net_device *dev)
{
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops device_ops = { .ndo_start_xmit = discard };
static const struct l3mdev_ops vrf_ops;

static struct net_device *device_make(const char *name, unsigned int flags)
{
	struct net_device *dev = alloc_etherdev(0);

	if (!dev)
		return NULL;
	strscpy(dev->name, name, sizeof(dev->name));
	dev->netdev_ops = &device_ops;
	dev->priv_flags |= flags;
	dev->l3mdev_ops = &vrf_ops;
	eth_hw_addr_random(dev);
	if (register_netdev(dev)) {
		free_netdev(dev);
		return NULL;
	}
	return dev;
}

static void device_free(struct net_device *dev)
{
	if (!dev)
		return;
	unregister_netdev(dev);
	free_netdev(dev);
}

static void vrf_remove(void)
{
	batch_free();
	if (port && vrf) {
		rtnl_lock();
		netdev_upper_dev_unlink(port, vrf);
		rtnl_unlock();
	}
	device_free(port);
	device_free(vrf);
	port = NULL;
	vrf = NULL;
}

/* A VRF with one port, none of which has an address */
static int vrf_add(const char *name)
{
	int err = -ENOMEM;

	vrf = device_make(name, IFF_L3MDEV_MASTER);
	if (vrf)
		port = device_make("bench-port", IFF_L3MDEV_SLAVE);
	if (port) {
		rtnl_lock();
		err = netdev_master_upper_dev_link(port, vrf, NULL, NULL, NULL);
		rtnl_unlock();
	}
	if (err)
		vrf_remove();
	return err;
}

/* Writing a name makes a VRF of that name, and an empty line removes it. */
static ssize_t vrf_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	char text[IFNAMSIZ] = "";
	int err = 0;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	mutex_lock(&lock);
	vrf_remove();
	if (*strim(text))
		err = vrf_add(text);
	mutex_unlock(&lock);
	return err ?: count;
}

static const struct file_operations vrf_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.write = vrf_write,
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
	device = alloc_etherdev(0);
	if (!bytes || !device) {
		vfree(bytes);
		if (device)
			free_netdev(device);
		return -ENOMEM;
	}
	dev_net_set(device, &init_net);
	dir = debugfs_create_dir("op25b_bench", NULL);
	debugfs_create_file("packets", 0200, dir, NULL, &packets_fops);
	debugfs_create_file("run", 0400, dir, NULL, &run_fops);
	debugfs_create_file("parts", 0400, dir, NULL, &parts_fops);
	debugfs_create_file("floor", 0200, dir, NULL, &floor_fops);
	debugfs_create_file("vrf", 0200, dir, NULL, &vrf_fops);
	debugfs_create_file("idle", 0400, dir, NULL, &idle_fops);
	return 0;
}

static void __exit bench_exit(void)
{
	debugfs_remove(dir);
	floor_unregister();
	vrf_remove();
	vfree(bytes);
	free_netdev(device);
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Measures the cost of netfilter hooks");
MODULE_AUTHOR("The op25b authors");
MODULE_LICENSE("GPL");
