// SPDX-License-Identifier: GPL-2.0
/*
 * flood - SYNs to port 25 from random customers, as fast as one processor can send them
 *
 * usage: flood policy PREFIXES
 *	prints a policy for op25bctl, with this number of prefixes, half of them of IPv4.
 * usage: flood send PREFIXES INTERFACE CPU SECONDS
 *	sends SYNs from the addresses of this policy, on CPU for SECONDS; then prints, as JSON,
 *	how many the kernel accepted, by pool and expected verdict.
 *
 * The expected verdict follows from the number of the prefix and a few bits of the addresses,
 * without a lookup: see verdict().
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#define BATCH 64

enum { BLOCKED, OBSERVED, RELAYED, EXEMPTED, VERDICTS };
static const char * const verdicts[] = { "blocked", "observed", "relayed", "exempted" };

/* Prefix n is in pool n modulo POOLS. */
enum { ENFORCE, OBSERVE, EXEMPTS, OWN_RELAY, POOLS };
static const char * const pools[] = { "enforce", "observe", "exempts", "own-relay" };

enum { FOREIGN, RELAY, RELAY_OF_ONE, DESTINATIONS };

static void die(const char *what)
{
	fprintf(stderr, "flood: %s: %m\n", what);
	exit(1);
}

/* The first address of prefix n. Between two prefixes there is a gap of the same size. */
static uint32_t prefix4(uint32_t n)
{
	return 0x10000000 + (n << 9);			/* 16.0.0.0, /24 */
}

static uint64_t prefix6(uint64_t n)
{
	return 0x2400000000000000 + (n << 17);		/* 2400::, /48 */
}

/* In some prefixes of one pool, the upper half is exempt. */
static bool has_exempt(uint32_t n)
{
	return n % 64 == EXEMPTS;
}

static int verdict(uint32_t n, bool upper_half, int destination)
{
	if (has_exempt(n) && upper_half)
		return EXEMPTED;
	if (destination == RELAY || (destination == RELAY_OF_ONE && n % POOLS == OWN_RELAY))
		return RELAYED;
	return n % POOLS == OBSERVE ? OBSERVED : BLOCKED;
}

/* --- the policy --- */

static const char *text4(uint32_t address)
{
	static char text[INET_ADDRSTRLEN];

	address = htonl(address);
	return inet_ntop(AF_INET, &address, text, sizeof(text));
}

static const char *text6(uint64_t high)
{
	static char text[INET6_ADDRSTRLEN];
	uint32_t address[4] = { htonl(high >> 32), htonl(high) };

	return inet_ntop(AF_INET6, address, text, sizeof(text));
}

static void print_policy(uint32_t prefixes)
{
	uint32_t n;

	for (n = 0; n < POOLS; n++)
		printf("pool add %s mode %s\n", pools[n], n == OBSERVE ? "observe" : "enforce");
	/* the customers with other traffic during the flood */
	puts("prefix add enforce 10.0.0.0/23 2001:db8:c::/64 2001:db8:1::/64");
	puts("relay add 192.0.2.0/24 2001:db8:25::/64");
	puts("relay add 198.51.100.250 2001:db8:f::8050 pool own-relay");
	for (n = 0; n < prefixes / 2; n++) {
		printf("prefix add %s %s/24\n", pools[n % POOLS], text4(prefix4(n)));
		printf("prefix add %s %s/48\n", pools[n % POOLS], text6(prefix6(n)));
		if (!has_exempt(n))
			continue;
		printf("exempt add %s %s/25\n", pools[n % POOLS], text4(prefix4(n) + (1 << 7)));
		printf("exempt add %s %s/49\n", pools[n % POOLS], text6(prefix6(n) + (1 << 15)));
	}
}

/* --- the packets --- */

struct packet {
	struct ether_header ether;
	union {
		struct {
			struct iphdr ip;
			struct tcphdr tcp;
		} v4;
		struct {
			struct ip6_hdr ip;
			struct tcphdr tcp;
		} v6;
	};
	size_t len;	/* of v4 or v6 */
	uint32_t pool;
	int verdict;	/* the expected one */
};

static uint64_t draw(void)
{
	static uint64_t state;

	if (!state)
		state = 0x9e3779b97f4a7c15 + sched_getcpu();
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint16_t ip_checksum(const struct iphdr *ip)
{
	const uint16_t *word = (const void *)ip;
	uint32_t sum = 0;
	unsigned int i;

	for (i = 0; i < sizeof(*ip) / 2; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

/* A segment without a valid checksum, which no host on its way verifies */
static struct tcphdr syn(uint32_t random)
{
	return (struct tcphdr){
		.source = htons(1024 + random % 64512), .dest = htons(25), .seq = random, .doff = 5,
		.syn = 1, .window = htons(64240),
	};
}

static void make4(struct packet *packet, uint32_t n, uint32_t random, int destination)
{
	static const uint32_t to[] = { 0xc6336480, 0xc0000280, 0xc63364fa };

	packet->ether.ether_type = htons(ETHERTYPE_IP);
	packet->v4.ip = (struct iphdr){
		.version = 4, .ihl = 5, .tot_len = htons(sizeof(packet->v4)), .ttl = 64,
		.protocol = IPPROTO_TCP, .saddr = htonl(prefix4(n) + (random & 0xff)),
		.daddr = htonl(to[destination]),
	};
	packet->v4.ip.check = ip_checksum(&packet->v4.ip);
	packet->v4.tcp = syn(random);
	packet->len = sizeof(packet->v4);
	packet->verdict = verdict(n, random & (1 << 7), destination);
}

static void make6(struct packet *packet, uint32_t n, uint32_t random, int destination)
{
	static const char * const to[] = { "2001:db8:f::8000", "2001:db8:25::8000",
					   "2001:db8:f::8050" };
	static struct in6_addr address[DESTINATIONS];
	uint64_t high = prefix6(n) + (random & 0xffff);
	struct ip6_hdr *ip = &packet->v6.ip;

	if (!address[destination].s6_addr[0])
		inet_pton(AF_INET6, to[destination], &address[destination]);
	packet->ether.ether_type = htons(ETHERTYPE_IPV6);
	*ip = (struct ip6_hdr){ .ip6_flow = htonl(6 << 28), .ip6_plen = htons(sizeof(struct tcphdr)),
				.ip6_nxt = IPPROTO_TCP, .ip6_hlim = 64, .ip6_dst = address[destination] };
	ip->ip6_src.s6_addr32[0] = htonl(high >> 32);
	ip->ip6_src.s6_addr32[1] = htonl(high);
	ip->ip6_src.s6_addr32[3] = random;
	packet->v6.tcp = syn(random);
	packet->len = sizeof(packet->v6);
	packet->verdict = verdict(n, random & (1 << 15), destination);
}

static void make(struct packet *packet, uint32_t prefixes)
{
	uint64_t random = draw();
	uint32_t n = (random >> 33) % (prefixes / 2);
	int destination = draw() % DESTINATIONS;

	packet->pool = n % POOLS;
	(draw() >> 32 & 1 ? make6 : make4)(packet, n, random, destination);
}

/* --- sending --- */

static int open_socket(const char *interface)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(interface) };
	int yes = 1, fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)))
		die(interface);
	return fd;
}

/* The header of frames to the peer of a veth; tests/vm/hosts.py assigns the addresses. */
static struct ether_header ether_of(int fd, const char *interface)
{
	struct ether_header ether = { 0 };
	struct ifreq request = { 0 };

	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCGIFHWADDR, &request))
		die(interface);
	memcpy(ether.ether_shost, request.ifr_hwaddr.sa_data, ETH_ALEN);
	memcpy(ether.ether_dhost, request.ifr_hwaddr.sa_data, ETH_ALEN);
	ether.ether_dhost[ETH_ALEN - 1] = 1;
	return ether;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static unsigned long long sent[POOLS][VERDICTS];

/* Send a batch. Packets that the kernel refuses are sent again, and counted once accepted. */
static void send_batch(int fd, struct mmsghdr *messages, const struct packet *packets)
{
	int i, n, done = 0;

	while (done < BATCH) {
		n = sendmmsg(fd, messages + done, BATCH - done, 0);
		if (n < 0 && errno != ENOBUFS && errno != EINTR)
			die("sendmmsg");
		for (i = done; i < done + n; i++)
			sent[packets[i].pool][packets[i].verdict]++;
		if (n > 0)
			done += n;
	}
}

static void flood(uint32_t prefixes, const char *interface, double seconds)
{
	static struct mmsghdr messages[BATCH];
	static struct packet packets[BATCH];
	static struct iovec parts[BATCH][2];
	int i, j, fd = open_socket(interface);
	struct ether_header ether = ether_of(fd, interface);
	double start = now();

	for (i = 0; i < BATCH; i++) {
		packets[i].ether = ether;
		parts[i][0] = (struct iovec){ &packets[i].ether, sizeof(packets[i].ether) };
		parts[i][1].iov_base = &packets[i].v4;
		messages[i].msg_hdr.msg_iov = parts[i];
		messages[i].msg_hdr.msg_iovlen = 2;
	}
	while (now() < start + seconds) {
		for (i = 0; i < BATCH; i++) {
			make(&packets[i], prefixes);
			parts[i][1].iov_len = packets[i].len;
		}
		send_batch(fd, messages, packets);
	}

	printf("{\"start\": %f, \"end\": %f, \"sent\": {", start, now());
	for (i = 0; i < POOLS; i++) {
		printf("%s\"%s\": {", i ? ", " : "", pools[i]);
		for (j = 0; j < VERDICTS; j++)
			printf("%s\"%s\": %llu", j ? ", " : "", verdicts[j], sent[i][j]);
		printf("}");
	}
	printf("}}\n");
}

int main(int argc, char **argv)
{
	uint32_t prefixes = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	cpu_set_t cpus;

	if (argc == 3 && !strcmp(argv[1], "policy")) {
		print_policy(prefixes);
		return 0;
	}
	if (argc != 6 || strcmp(argv[1], "send") || prefixes < 2)
		return 2;
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[4]), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("this processor");
	flood(prefixes, argv[3], atof(argv[5]));
	return 0;
}
