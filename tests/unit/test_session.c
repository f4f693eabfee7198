// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: each operation is also done to a list, which is searched from its beginning to its end
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/memcontrol.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <net/l3mdev.h>

#include "check.h"
#include "harness.h"
#include "op25b_judge.h"
#include "op25b_session_change.h"
#include "op25b_session_end.h"

#define IDS	8	/* more than the sessions that there mostly are */
#define MAX	6	/* prefixes of one */

/* A session of the model: @prefixes or, if that is 0, a device; @there: it was not ended */
struct mirror {
	bool there;
	struct op25b_prefix prefix[MAX];
	unsigned int prefixes;
	int vrf;
	int ifindex;
	ktime_t expires;	/* 0: it does not */
	char comment[8];
};

static struct mirror mirror[IDS];
static const char *const ids[IDS] = { "a", "b", "c", "d", "dd", "e", "f", "g" };
static bool is_live(const struct mirror *one)
{
	return one->there && (!one->expires || one->expires > shim_clock);
}

/* --- the model --- */

static int index_of(const char *id)
{
	int i;

	for (i = 0; strcmp(ids[i], id); i++)
		CHECK(i < IDS - 1);
	return i;
}

static int vrf_of(const struct op25b_session_request *request)
{
	int vrf = NO_VRF;

	if (request->vrf)
		for (vrf = RED; strcmp(model_vrf_names[vrf], request->vrf); vrf++)
			CHECK(vrf < VRFS - 1);
	return vrf;
}

static int mirror_find_prefix(int vrf, const struct op25b_prefix *prefix)
{
	unsigned int j;
	int i;

	for (i = 0; i < IDS; i++)
		for (j = 0; is_live(&mirror[i]) && j < mirror[i].prefixes; j++)
			if (mirror[i].vrf == vrf && same_prefix(&mirror[i].prefix[j], prefix))
				return i;
	return -1;
}

static int mirror_find_device(int ifindex)
{
	int i;

	for (i = 0; i < IDS; i++)
		if (is_live(&mirror[i]) && mirror[i].ifindex == ifindex)
			return i;
	return -1;
}

static void mirror_drop_prefix(struct mirror *one, const struct op25b_prefix *prefix)
{
	unsigned int j, n = 0;

	if (!one->prefixes)
		return;
	for (j = 0; j < one->prefixes; j++)
		if (!same_prefix(&one->prefix[j], prefix))
			one->prefix[n++] = one->prefix[j];
	one->prefixes = n;
	one->there = n;
}

static void mirror_set(struct mirror *one, const struct op25b_session_request *request)
{
	unsigned int j;

	*one = (struct mirror){ .there = true, .vrf = vrf_of(request), .ifindex = request->ifindex };
	for (j = 0; j < request->prefixes; j++) {
		mirror_drop_prefix(one, &request->prefix[j]);
		one->prefix[one->prefixes++] = request->prefix[j];
	}
	one->there = true;
	if (request->timeout)
		one->expires = shim_clock + SECONDS(request->timeout);
	strcpy(one->comment, request->comment);
}

/* What has expired, and stands in the way, ends now. */
static void mirror_bury(int vrf, const struct op25b_prefix *prefix, int ifindex)
{
	unsigned int j;
	int i;

	for (i = 0; i < IDS; i++) {
		if (is_live(&mirror[i]))
			continue;
		if (!prefix && mirror[i].ifindex == ifindex)
			mirror[i].there = false;
		for (j = 0; prefix && mirror[i].vrf == vrf && j < mirror[i].prefixes; j++)
			if (same_prefix(&mirror[i].prefix[j], prefix))
				mirror[i].there = false;
	}
}

/* Take from the others what a session is to have. */
static int mirror_take(int self, const struct op25b_session_request *request, bool force)
{
	int owner, vrf = vrf_of(request);
	unsigned int j;

	for (j = 0; j < request->prefixes; j++) {
		mirror_bury(vrf, &request->prefix[j], 0);
		owner = mirror_find_prefix(vrf, &request->prefix[j]);
		if (owner < 0 || owner == self)
			continue;
		if (!force)
			return -EEXIST;
		mirror_drop_prefix(&mirror[owner], &request->prefix[j]);
	}
	if (request->ifindex)
		mirror_bury(NO_VRF, NULL, request->ifindex);
	owner = request->ifindex ? mirror_find_device(request->ifindex) : -1;
	if (owner >= 0 && owner != self) {
		if (!force)
			return -EEXIST;
		mirror[owner].there = false;
	}
	return 0;
}

static int mirror_add(const struct op25b_session_request *request, bool force)
{
	int self = index_of(request->id), err;

	if (is_live(&mirror[self]) && !force)
		return -EEXIST;
	err = mirror_take(self, request, force);
	if (!err)
		mirror_set(&mirror[self], request);
	return err;
}

static bool mirror_same(const struct mirror *a, const struct mirror *b)
{
	unsigned int i, j, same = 0;

	for (i = 0; i < a->prefixes; i++)
		for (j = 0; j < b->prefixes; j++)
			same += same_prefix(&a->prefix[i], &b->prefix[j]);
	return is_live(a) && same == a->prefixes && same == b->prefixes && a->vrf == b->vrf && a->ifindex == b->ifindex &&
	       !a->expires == !b->expires && !strcmp(a->comment, b->comment);
}

/* Take from earlier wishes what a later one is to have. */
static int wish_for(struct mirror wish[IDS], const struct op25b_session_request *request, bool force)
{
	int i, self = index_of(request->id);
	unsigned int j, n;

	if (wish[self].there && !force)
		return -EEXIST;
	wish[self].there = false;
	for (i = 0; i < IDS; i++) {
		if (!wish[i].there)
			continue;
		n = wish[i].prefixes;
		for (j = 0; wish[i].vrf == vrf_of(request) && j < request->prefixes; j++)
			mirror_drop_prefix(&wish[i], &request->prefix[j]);
		if (!wish[i].prefixes && !n)
			wish[i].there = wish[i].ifindex != request->ifindex;
		if (!force && (!wish[i].there || wish[i].prefixes != n))
			return -EEXIST;
	}
	mirror_set(&wish[self], request);
	return 0;
}

static int mirror_sync(const struct op25b_session_request *request, unsigned int n, bool force,
		       struct op25b_session_counts *counts)
{
	struct mirror wish[IDS] = { 0 };
	unsigned int i;
	int err = 0;

	*counts = (struct op25b_session_counts){ 0 };
	for (i = 0; i < n && !err; i++)
		err = wish_for(wish, &request[i], force);
	for (i = 0; i < IDS; i++) {
		if (wish[i].there && mirror_same(&mirror[i], &wish[i])) {
			counts->kept++;
			continue;
		}
		counts->changed += is_live(&mirror[i]) && wish[i].there;
		counts->added += !is_live(&mirror[i]) && wish[i].there;
		counts->deleted += is_live(&mirror[i]) && !wish[i].there;
		mirror[i] = wish[i];
	}
	return err;
}

/* --- comparing --- */

static bool holds(const struct op25b_prefix *prefix, enum op25b_family family, struct op25b_key key)
{
	return prefix->family == family &&
	       !op25b_key_compare(op25b_key_head(key, prefix->len), prefix->key);
}

/* The session that has the most specific prefix that holds an address; -1: none */
static int mirror_lookup(int vrf, enum op25b_family family, struct op25b_key key)
{
	int i, best = -1, len = -1;
	unsigned int j;

	for (i = 0; i < IDS; i++) {
		for (j = 0; is_live(&mirror[i]) && j < mirror[i].prefixes; j++) {
			if (mirror[i].vrf != vrf || (int)mirror[i].prefix[j].len <= len ||
			    !holds(&mirror[i].prefix[j], family, key))
				continue;
			best = i;
			len = mirror[i].prefix[j].len;
		}
	}
	return best;
}

static void check_session(const struct op25b_session *session, int i)
{
	unsigned int j, k;

	CHECK(!session == (i < 0));
	if (!session)
		return;
	CHECK(!strcmp(op25b_session_id(session), ids[i]));
	CHECK(!strcmp(op25b_session_comment(session), mirror[i].comment));
	CHECK(!strcmp(op25b_session_vrf(session), model_vrf_names[mirror[i].vrf] ?: ""));
	CHECK(session->prefixes == mirror[i].prefixes && session->ifindex == mirror[i].ifindex);
	CHECK(session->has_timeout == !!mirror[i].expires);
	CHECK(!mirror[i].expires || op25b_session_timed(session)->expiry.expires == mirror[i].expires);
	CHECK(!session->fresh && !session->leaves);
	for (j = 0; j < session->prefixes; j++) {
		for (k = 0; !same_prefix(&session->prefix[j], &mirror[i].prefix[k]); k++)
			CHECK(k < mirror[i].prefixes - 1);
		CHECK(!j || session->prefix[j - 1].family <= session->prefix[j].family);
	}
}

static void check_list(void)
{
	struct op25b_session_list *list = op25b_session_list_get(table, NULL);
	size_t n = 0;
	int i;

	CHECK(!IS_ERR(list));
	for (i = 0; i < IDS; i++)
		if (is_live(&mirror[i]))
			check_session(list->session[n++], i);
	CHECK(list->count == n);
	op25b_session_list_put(list);
	i = chance_below(IDS);
	list = op25b_session_list_get(table, ids[i]);
	CHECK(IS_ERR(list) == !is_live(&mirror[i]));
	if (IS_ERR(list)) {
		CHECK(PTR_ERR(list) == -ENOENT);
		return;
	}
	CHECK(list->count == 1);
	check_session(list->session[0], i);
	op25b_session_list_put(list);
}

/* What a packet that is judged in the domain of a VRF finds */
static void check_lookup(int vrf, enum op25b_family family, struct op25b_key key)
{
	const char *name = model_vrf_names[vrf];
	struct op25b_domain domain = { .vrf = name ? op25b_vrf_get(table, name) : NULL };

	CHECK(!IS_ERR(domain.vrf));
	rcu_read_lock();
	check_session(op25b_session_of_address(table->sessions.map, vrf ? &domain : NULL, family, key),
		      mirror_lookup(vrf, family, key));
	rcu_read_unlock();
	op25b_vrf_put(table, (struct op25b_vrf *)domain.vrf);
}

static void check_sessions(void)
{
	enum op25b_family family;
	struct op25b_key key;
	unsigned int i, count = 0;

	for (i = 0; i < IDS; i++)
		count += mirror[i].there;
	CHECK(table->sessions.count == count, "%u, not %u", table->sessions.count, count);
	CHECK(op25b_extra() == (count || table->policy->vrfs));
	CHECK(!table->sessions.map == !count);
	CHECK(!table->sessions.memcg == !count);
	for (i = 0; i < 20; i++) {
		family = chance_below(2);
		key = random_key(family);
		check_lookup(chance_below(VRFS), family, key);
	}
	rcu_read_lock();
	for (i = 0; i <= SHIM_VRF + 1; i++)
		check_session(op25b_session_of_device(table->sessions.map, i), i ? mirror_find_device(i) : -1);
	rcu_read_unlock();
	check_list();
}

/* --- the operations --- */

/* What each test repeats with its allocations failing, one after the other */
typedef int (*operation)(void *arg);

static int with_failures(operation run, void *arg)
{
	unsigned long n;
	int err;

	if (chance_below(4))
		return run(arg);
	for (n = 1;; n++) {
		shim_slab_fail(n, false);
		err = run(arg);
		shim_slab_fail(0, false);
		if (err != -ENOMEM)
			return err;
		check_sessions();
		grace_period();
	}
}

struct addition {
	struct op25b_session_request request;
	bool force;
};

static int finish(struct op25b_session_change *change, int err)
{
	if (!err)
		op25b_session_change_commit(change, OP25B_EVENT_SESSION_DELETED);
	else if (change)
		op25b_session_change_abort(change);
	mutex_unlock(&table->sessions.lock);
	return err;
}

static struct op25b_session_change *begin(bool empty)
{
	mutex_lock(&table->sessions.lock);
	return op25b_session_change_begin(table, empty);
}

static int run_add(void *arg)
{
	struct addition *addition = arg;
	struct op25b_session_collision collision = { 0 };
	struct netlink_ext_ack extack = { 0 };
	struct op25b_session_change *change = begin(false);
	int err = -ENOMEM;

	if (change)
		err = op25b_session_add(change, &addition->request, addition->force, &collision,
					&extack);
	CHECK((err == -EEXIST) == !!extack._msg);
	if (collision.id) {
		CHECK(err == -EEXIST && !strcmp(collision.id, addition->request.id));
		CHECK(collision.ifindex ? mirror_find_device(collision.ifindex) >= 0 :
					  mirror_find_prefix(vrf_of(&addition->request),
							     &collision.prefix) >= 0);
	}
	return finish(change, err);
}

static void add(struct op25b_session_request request, bool force, int expected)
{
	struct addition addition = { request, force };
	int err;

	err = with_failures(run_add, &addition);
	CHECK(err == expected, "%d, not %d", err, expected);
	CHECK(expected || mirror_add(&request, force) == 0);
	check_sessions();
}

struct deletion {
	const char *id;
	bool force;
};

static int run_del(void *arg)
{
	const struct deletion *deletion = arg;
	struct netlink_ext_ack extack = { 0 };
	struct op25b_session_change *change = begin(false);
	int err = -ENOMEM;

	if (change)
		err = op25b_session_del(change, deletion->id, deletion->force, &extack);
	CHECK((err == -ENOENT) == !!extack._msg);
	return finish(change, err);
}

static void del(const char *id, bool force)
{
	struct deletion deletion = { id, force };
	struct mirror *one = &mirror[index_of(id)];
	int err = with_failures(run_del, &deletion);

	CHECK(err == (is_live(one) || force ? 0 : -ENOENT));
	if (!err)
		one->there = false;
	check_sessions();
}

struct synchronisation {
	struct op25b_session_request request[2 * IDS];
	unsigned int n;
	bool force;
	struct op25b_session_counts counts;
};

static int run_sync(void *arg)
{
	struct synchronisation *sync = arg;
	struct op25b_session_collision collision = { 0 };
	struct netlink_ext_ack extack = { 0 };
	struct op25b_session_change *change = begin(true);
	int err = change ? 0 : -ENOMEM;
	unsigned int i;

	for (i = 0; i < sync->n && !err; i++)
		err = op25b_session_sync_add(change, &sync->request[i], sync->force, &collision,
					 &extack);
	CHECK((err == -EEXIST) == !!extack._msg);
	CHECK(!collision.id || !strcmp(collision.id, sync->request[i - 1].id));
	if (!err)
		err = op25b_session_sync_end(change, &sync->counts);
	return finish(change, err);
}

static void synchronise(struct synchronisation *sync, int expected)
{
	struct op25b_session_counts counts;
	int err = with_failures(run_sync, sync);

	CHECK(err == expected, "%d, not %d", err, expected);
	if (!expected) {
		CHECK(mirror_sync(sync->request, sync->n, sync->force, &counts) == 0);
		CHECK(!memcmp(&counts, &sync->counts, sizeof(counts)));
	}
	check_sessions();
}

static void forget_expired(void)
{
	int i;

	for (i = 0; i < IDS; i++)
		mirror[i].there = is_live(&mirror[i]);
}

/* An event of a device, while memory may be short */
static void device_event(unsigned long event, int ifindex, bool fail)
{
	int owner = mirror_find_device(ifindex);

	/* what is left of it counts for nothing, and goes a second later */
	shim_slab_fail(fail, true);
	harness_device_event(event, ifindex);
	shim_slab_fail(0, false);
	if (event != NETDEV_DOWN && event != NETDEV_UNREGISTER)
		return check_sessions();
	rcu_read_lock();
	CHECK(!op25b_session_of_device(table->sessions.map, ifindex));
	rcu_read_unlock();
	if (fail) {
		advance_time(1);
		forget_expired();
	}
	mirror_bury(NO_VRF, NULL, ifindex);
	if (owner >= 0)
		mirror[owner].there = false;
	check_sessions();
}

/* --- random ones --- */

static struct op25b_prefix random_prefix(void)
{
	static const char *const texts[] = {
		"10.0.0.0/8", "10.0.0.0/24", "10.0.0.1/32", "10.0.0.7/32", "10.0.1.0/24",
		"0.0.0.0/0", "2001:db8::/32", "2001:db8::/64", "2001:db8::1/128", "::/0",
	};

	return prefix(texts[chance_below(ARRAY_SIZE(texts))]);
}

static struct op25b_session_request random_request(struct op25b_prefix room[MAX])
{
	static const char *const comments[] = { "", "", "text" };
	struct op25b_session_request request = {
		.id = ids[chance_below(IDS)],
		.prefix = room,
		.comment = comments[chance_below(ARRAY_SIZE(comments))],
		.timeout = chance() & 1 ? 0 : 1 + chance_below(20),
	};

	if (!chance_below(4)) {
		request.ifindex = SHIM_LINK + chance_below(3);
		return request;
	}
	request.vrf = model_vrf_names[chance() & 1 ? NO_VRF : chance_below(VRFS)];
	do
		room[request.prefixes++] = random_prefix();
	while (request.prefixes < MAX && chance() & 1);
	return request;
}

/* What an operation is to return is that of the model, which is then as it was before. */
static int expect_add(const struct op25b_session_request *request, bool force)
{
	struct mirror before[IDS];
	int err;

	memcpy(before, mirror, sizeof(mirror));
	err = mirror_add(request, force);
	memcpy(mirror, before, sizeof(mirror));
	return err;
}

static int expect_sync(struct synchronisation *sync)
{
	struct op25b_session_counts counts;
	struct mirror before[IDS];
	int err;

	memcpy(before, mirror, sizeof(mirror));
	err = mirror_sync(sync->request, sync->n, sync->force, &counts);
	memcpy(mirror, before, sizeof(mirror));
	return err;
}

static void random_sync(void)
{
	struct op25b_prefix room[2 * IDS][MAX];
	struct mirror before[IDS];
	struct synchronisation sync = { .force = chance() & 1 };
	unsigned int i, n = chance_below(IDS);

	memcpy(before, mirror, sizeof(mirror));
	for (i = 0; i < IDS; i++) {
		/* some that are there already */
		if (!mirror[i].there || chance() & 1)
			continue;
		memcpy(room[sync.n], mirror[i].prefix, sizeof(room[0]));
		sync.request[sync.n] = (struct op25b_session_request){
			.id = ids[i], .prefix = room[sync.n], .prefixes = mirror[i].prefixes,
			.vrf = model_vrf_names[mirror[i].vrf], .ifindex = mirror[i].ifindex,
			.comment = chance_below(4) ? before[i].comment : "other",
			.timeout = mirror[i].expires ? 5 : 0,
		};
		sync.n++;
	}
	for (i = 0; i < n && sync.n < 2 * IDS; i++, sync.n++)
		sync.request[sync.n] = random_request(room[sync.n]);
	synchronise(&sync, expect_sync(&sync));
}

static void test_random(void **state)
{
	struct op25b_session_request request;
	struct op25b_prefix room[MAX];
	unsigned int n;
	bool force;

	for (n = 0; n < 10000; n++) {
		force = chance() & 1;
		switch (chance_below(8)) {
		case 0:
			del(ids[chance_below(IDS)], force);
			break;
		case 1:
			random_sync();
			break;
		case 2:
			device_event(chance() & 1 ? NETDEV_DOWN : NETDEV_UNREGISTER,
				     SHIM_LINK + chance_below(3), chance() & 1);
			break;
		case 3:
			advance_time(1 + chance_below(5));
			forget_expired();
			check_sessions();
			break;
		case 4:
			/* the machine was suspended: what has expired is still there */
			suspend_time(chance_below(5));
			check_sessions();
			break;
		default:
			request = random_request(room);
			add(request, force, expect_add(&request, force));
		}
		grace_period();
	}
}

/* --- packets --- */

static bool device_sessions;

/* In the model: of all three devices, or none */
static void judge(struct verdict *verdict, enum op25b_family family, struct op25b_key src,
		  struct op25b_key dst)
{
	bool by_source = verdict->class == OP25B_CLASS_SYN ||
			 verdict->class == OP25B_CLASS_MALFORMED;

	if (verdict->verdict == OP25B_VERDICT_PASSED)
		return;
	if (mirror_lookup(harness_domain(), family, by_source ? src : dst) >= 0 ||
	    (device_sessions && by_source && verdict->verdict != OP25B_VERDICT_RELAYED))
		verdict->verdict = OP25B_VERDICT_EXEMPTED;
}

static void judge_packets(void)
{
	struct op25b_session_request request;
	struct op25b_prefix room[MAX];
	enum op25b_pkt_type type;
	enum op25b_family family;
	unsigned int n;
	int i;

	ADD(0, .guard = OP25B_GUARD_MASK, .senders = true, .subscriber = 64);
	ADD(1, .mode = OP25B_MODE_OBSERVE);
	ADD(2, .mode = OP25B_MODE_OFF);
	PREFIX(0, "10.0.0.0/24");
	PREFIX(0, "2001:db8::/32");
	PREFIX(1, "10.0.1.0/24");
	PREFIX(2, "10.0.2.0/24");
	EXEMPT(0, "10.0.0.7/32");
	RELAY(0, "192.0.2.0/28");
	judge_sessions = judge;
	for (n = 0; n < 4000; n++) {
		if (n % 100 == 0) {
			for (i = 0; i < IDS; i++)
				del(ids[i], true);
			device_sessions = n / 100 & 1;
			for (i = 0; i < 3 && device_sessions; i++) {
				request = (struct op25b_session_request){
					.id = ids[i], .ifindex = SHIM_LINK + i, .comment = "" };
				add(request, false, 0);
			}
			if (n / 200 & 1) {
				room[0] = random_prefix();
				request = (struct op25b_session_request){
					.id = ids[7], .prefix = room, .prefixes = 1, .comment = "",
					.vrf = model_vrf_names[chance_below(VRFS)] };
				add(request, false, 0);
			}
			grace_period();
		}
		if (model_vrfs[1])
			stubs.from = chance() & 1 ? FROM_VRF : FROM_NO_VRF;
		stubs.spoofed = chance() & 1;
		family = chance_below(2);
		type = chance_below(OP25B_PKT_UNDECIDED);
		send_packet(type, family, random_key(family), random_key(family));
	}
	stubs.spoofed = false;
	for (i = 0; i < IDS; i++)
		del(ids[i], true);
}

static void test_packets(void **state)
{
	judge_packets();
}

/* The same with a pool in a VRF. Sessions of the VRF judge there alone, and only while it has pools. */
static void test_packets_of_a_vrf(void **state)
{
	model_vrfs[1] = RED;
	judge_packets();
}

/* --- particular ones --- */

#define SESSION(name, ...)	((struct op25b_session_request){ .id = name, .comment = "", __VA_ARGS__ })

/* The order of ids, and a reader that outlives what it reads */
static void test_reader(void **state)
{
	struct op25b_prefix one[] = { prefix("10.0.0.1/32") }, two[] = { prefix("10.0.0.7/32") };
	struct op25b_session_list *list;

	add(SESSION("b", .prefix = one, .prefixes = 1), false, 0);
	add(SESSION("a", .prefix = two, .prefixes = 1), false, 0);
	list = op25b_session_list_get(table, NULL);
	del("a", false);
	del("b", false);
	grace_period();
	CHECK(list->count == 2 && !strcmp(op25b_session_id(list->session[0]), "a"));
	CHECK(!strcmp(op25b_session_id(list->session[1]), "b"));
	op25b_session_list_put(list);
	CHECK(stubs.session_events[OP25B_EVENT_SESSION_NEW] == 2);
	CHECK(stubs.session_events[OP25B_EVENT_SESSION_DELETED] == 2);
}

/* The kinds of events */
static void test_events(void **state)
{
	struct op25b_prefix both[] = { prefix("10.0.0.1/32"), prefix("10.0.0.7/32") };
	const unsigned int *events = stubs.session_events;

	add(SESSION("a", .prefix = both, .prefixes = 2), false, 0);
	add(SESSION("b", .prefix = both, .prefixes = 1, .timeout = 2), true, 0);
	CHECK(events[OP25B_EVENT_SESSION_NEW] == 2 && events[OP25B_EVENT_SESSION_CHANGED] == 1);
	add(SESSION("c", .ifindex = SHIM_LINK), false, 0);
	add(SESSION("d", .ifindex = SHIM_VRF), false, 0);
	device_event(NETDEV_CHANGENAME, SHIM_LINK, false);
	device_event(NETDEV_UP, SHIM_LINK, false);
	CHECK(!events[OP25B_EVENT_SESSION_DOWN]);
	device_event(NETDEV_DOWN, SHIM_LINK, false);
	device_event(NETDEV_UNREGISTER, SHIM_VRF, true);
	CHECK(events[OP25B_EVENT_SESSION_DOWN] == 2);
	advance_time(2);
	forget_expired();
	check_sessions();
	CHECK(events[OP25B_EVENT_SESSION_EXPIRED] == 1 && events[OP25B_EVENT_SESSION_NEW] == 4);
	CHECK(!events[OP25B_EVENT_SESSION_DELETED]);
	del("a", false);
	CHECK(events[OP25B_EVENT_SESSION_DELETED] == 1);
	/* it expires while the machine is suspended, and a command comes before the work */
	add(SESSION("e", .prefix = both, .prefixes = 1, .timeout = 2), false, 0);
	suspend_time(3);
	del("e", true);
	CHECK(events[OP25B_EVENT_SESSION_EXPIRED] == 2 && events[OP25B_EVENT_SESSION_DELETED] == 1);
}

/*
 * Those that expire while memory is short go a second after there is some again, whichever allocation
 * fails.
 */
static void test_expiry_without_memory(void **state)
{
	struct op25b_prefix two[] = { prefix("10.0.0.1/32"), prefix("10.0.0.2/32") };
	struct op25b_prefix other[] = { prefix("10.0.0.3/32") };
	unsigned long needed, n;

	add(SESSION("b", .prefix = other, .prefixes = 1), false, 0);
	for (n = 1;; n++) {
		add(SESSION("a", .prefix = two, .prefixes = 2, .timeout = 5), false, 0);
		shim_slab_fail(n, true);
		advance_time(6);
		needed = shim_slab.calls;
		shim_slab_fail(0, false);
		if (needed < n)
			break;
		check_sessions();
		CHECK(table->sessions.count == 2);
		advance_time(1);
		forget_expired();
		check_sessions();
		CHECK(table->sessions.count == 1);
		grace_period();
	}
	CHECK(n > 2);
	forget_expired();
	check_sessions();
	CHECK(table->sessions.count == 1);
}

/* One whose device is gone, while memory is short: it goes a second later, whatever others do. */
static void test_orphan(void **state)
{
	struct op25b_prefix one[] = { prefix("10.0.0.1/32") };

	add(SESSION("a", .prefix = one, .prefixes = 1, .timeout = 100), false, 0);
	add(SESSION("b", .ifindex = SHIM_LINK), false, 0);
	shim_slab_fail(1, true);
	harness_device_event(NETDEV_DOWN, SHIM_LINK);
	shim_slab_fail(0, false);
	/* it counts for nothing, as if it had expired */
	mirror[index_of("b")].expires = shim_clock;
	del("a", false);
	add(SESSION("a", .prefix = one, .prefixes = 1, .timeout = 100), false, 0);
	CHECK(table->sessions.count == 2);
	advance_time(1);
	mirror[index_of("b")].there = false;
	check_sessions();
	/* and one for the namespace to go away with */
	del("a", false);
	add(SESSION("b", .ifindex = SHIM_LINK), false, 0);
	shim_slab_fail(1, true);
	harness_device_event(NETDEV_DOWN, SHIM_LINK);
	shim_slab_fail(0, false);
}

/* A later line has what an earlier one has, and does so again when the same lines come again. */
static void test_sync_by_force(void **state)
{
	struct op25b_prefix one[] = { prefix("10.0.0.1/32") }, two[] = { one[0], prefix("10.0.0.7/32") };
	struct synchronisation sync = { .force = true, .n = 3, .request = {
		SESSION("b", .prefix = two, .prefixes = 2), SESSION("c", .prefix = two, .prefixes = 2),
		SESSION("a", .prefix = one, .prefixes = 1) } };

	synchronise(&sync, 0);
	CHECK(sync.counts.added == 2 && mirror[index_of("c")].prefixes == 1);
	synchronise(&sync, 0);
	CHECK(sync.counts.kept == 2 && !sync.counts.added && !sync.counts.changed);
}

/* Sessions of as many VRFs as there may be, in a change that is thrown away */
static void test_many_vrfs(void **state)
{
	struct op25b_prefix one[] = { prefix("10.0.0.1/32") }, two[] = { prefix("10.0.0.2/32") };
	struct op25b_session_request request = SESSION("", .prefix = one, .prefixes = 1);
	struct op25b_session_collision collision = { 0 };
	struct op25b_session_change *change = begin(false);
	struct netlink_ext_ack extack = { 0 };
	char name[IFNAMSIZ];
	int i;

	request.id = request.vrf = name;
	for (i = 0; i < OP25B_VRF_MAX; i++) {
		sprintf(name, "v%d", i);
		CHECK(!op25b_session_add(change, &request, false, &collision, &extack));
	}
	strcpy(name, "more");
	CHECK(op25b_session_add(change, &request, false, &collision, &extack) == -ENOSPC);
	CHECK(extack._msg && strstr(extack._msg, "4096 VRFs"));
	/* another session of one that is there */
	request.prefix = two;
	request.vrf = "v7";
	CHECK(!op25b_session_add(change, &request, false, &collision, &extack));
	finish(change, -ENOSPC);
	CHECK(!op25b_extra());
}

/* A namespace goes away with sessions of each kind. */
static void test_exit(void **state)
{
	struct op25b_prefix both[] = { prefix("10.0.0.1/32"), prefix("2001:db8::/64") };

	add(SESSION("a", .prefix = both, .prefixes = 2, .timeout = 100), false, 0);
	add(SESSION("c", .prefix = both, .prefixes = 2, .vrf = "blue"), false, 0);
	add(SESSION("b", .ifindex = SHIM_LINK), false, 0);
}

static int session_setup(void **state)
{
	harness_setup(state);
	memset(mirror, 0, sizeof(mirror));
	op25b_session_init(&table->sessions);
	op25b_session_end_init(&table->sessions);
	CHECK(op25b_session_end_register() == 0);
	return 0;
}

/* In the order of op25b_mod.c */
static int session_teardown(void **state)
{
	op25b_session_close(&table->sessions);
	/* the work may come in between */
	mutex_lock(&table->sessions.lock);
	CHECK(op25b_session_end_due(table) == 0);
	mutex_unlock(&table->sessions.lock);
	op25b_session_end_stop(&table->sessions);
	CHECK(!op25b_extra() || table->sessions.ids.rb_node || table->policy->vrfs);
	/* devices go away later */
	harness_device_event(NETDEV_UNREGISTER, SHIM_LINK);
	grace_period();
	op25b_session_exit(table);
	op25b_session_end_unregister();
	return harness_teardown(state);
}

#define SESSION_TEST(f)	cmocka_unit_test_setup_teardown(f, session_setup, session_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(test_reader),
		SESSION_TEST(test_events),
		SESSION_TEST(test_expiry_without_memory),
		SESSION_TEST(test_orphan),
		SESSION_TEST(test_sync_by_force),
		SESSION_TEST(test_many_vrfs),
		SESSION_TEST(test_exit),
		SESSION_TEST(test_packets),
		SESSION_TEST(test_packets_of_a_vrf),
		SESSION_TEST(test_random),
	};

	return CHECK_RUN("session", tests);
}
