// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: the sessions of a BRAS
 *
 * Who has which address is about people: reading it takes CAP_NET_ADMIN, too.
 */
#include <linux/ctype.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "core/memory.h"
#include "core/pause.h"
#include "op25b_net.h"
#include "op25b_netlink.h"
#include "op25b_session_change.h"

/* Whether an id, which is not too long, has characters that can stand in a line with others */
static bool id_is_valid(const char *id)
{
	if (!*id)
		return false;
	for (; *id; id++)
		if (*id <= ' ' || *id > '~')
			return false;
	return true;
}

/* Get the id of the session in @nest, a valid one, or an error pointer. */
static const char *session_id(const struct nlattr *nest, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = NULL;

	if (nest)
		attr = nla_find_nested(nest, OP25B_A_SESSION_ID);
	if (!attr) {
		NL_SET_ERR_MSG(extack, "session is missing, or its id");
		if (!nest)
			NL_SET_ERR_ATTR_MISS(extack, NULL, OP25B_A_SESSION);
		else
			NL_SET_ERR_ATTR_MISS(extack, nest, OP25B_A_SESSION_ID);
		return ERR_PTR(-EINVAL);
	}
	if (!id_is_valid(nla_data(attr))) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "session needs an id of 1 to 63 printable ASCII characters, no blanks");
		return ERR_PTR(-EINVAL);
	}
	return nla_data(attr);
}

/*
 * Set @ifindex to that of the device that @attr names. One that is down is refused: its session
 * would end when it goes down. Once the lock of the sessions is released, it does.
 */
static int find_device(struct net *net, const struct nlattr *attr, int *ifindex,
		       struct netlink_ext_ack *extack)
{
	const struct net_device *dev;
	int err = 0;

	rcu_read_lock();
	dev = dev_get_by_name_rcu(net, nla_data(attr));
	if (!dev) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "device does not exist");
		err = -ENODEV;
	} else if (!(dev->flags & IFF_UP)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "device is down");
		err = -ENETDOWN;
	} else {
		*ifindex = dev->ifindex;
	}
	rcu_read_unlock();
	return err;
}

static int parse_prefixes(const struct nlattr *nest, struct op25b_session_request *request,
			  struct netlink_ext_ack *extack)
{
	struct op25b_nl_prefix attrs;
	const struct nlattr *attr;
	int rem, err;

	nla_for_each_nested(attr, nest, rem)
		request->prefixes += nla_type(attr) == OP25B_A_SESSION_PREFIX;
	if (!request->prefixes)
		return 0;
	request->prefix = kvmalloc_array(request->prefixes, sizeof(*request->prefix), OP25B_GFP);
	if (!request->prefix)
		return -ENOMEM;
	request->prefixes = 0;
	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) != OP25B_A_SESSION_PREFIX)
			continue;
		err = op25b_nl_parse_prefix(attr, &attrs, extack);
		if (err)
			return err;
		request->prefix[request->prefixes++] = attrs.prefix;
	}
	return 0;
}

/*
 * Parse a session. The caller frees the prefixes of @request, whatever is returned; -ENODEV and
 * -ENETDOWN: its device does not exist or is down.
 */
static int parse_session(struct net *net, const struct nlattr *nest,
			 struct op25b_session_request *request, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	const char *comment;
	int err;

	*request = (struct op25b_session_request){ .comment = "" };
	request->id = session_id(nest, extack);
	if (IS_ERR(request->id))
		return PTR_ERR(request->id);
	attr = nla_find_nested(nest, OP25B_A_SESSION_TIMEOUT);
	if (attr)
		request->timeout = nla_get_u32(attr);
	attr = nla_find_nested(nest, OP25B_A_SESSION_COMMENT);
	if (attr)
		request->comment = nla_data(attr);
	for (comment = request->comment; *comment; comment++) {
		if (iscntrl(*comment)) {
			NL_SET_ERR_MSG_ATTR(extack, nest,
					    "session has a control character in its comment");
			return -EINVAL;
		}
	}
	err = op25b_nl_vrf_name(nla_find_nested(nest, OP25B_A_SESSION_VRF), &request->vrf, extack);
	if (err)
		return err;
	err = parse_prefixes(nest, request, extack);
	if (err)
		return err;
	attr = nla_find_nested(nest, OP25B_A_SESSION_DEV);
	if (!attr == !request->prefixes) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "session needs either prefixes or a device");
		return -EINVAL;
	}
	if (attr && request->vrf) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "session with a device has no VRF of its own");
		return -EINVAL;
	}
	return attr ? find_device(net, attr, &request->ifindex, extack) : 0;
}

/* The attribute of the session @nest that has caused a collision */
static const struct nlattr *colliding(const struct nlattr *nest,
				      const struct op25b_session_collision *collision)
{
	struct op25b_nl_prefix attrs;
	const struct nlattr *attr;
	int rem;

	if (collision->ifindex)		/* it has no prefixes */
		return nla_find_nested(nest, OP25B_A_SESSION_DEV);
	nla_for_each_nested(attr, nest, rem)
		if (nla_type(attr) == OP25B_A_SESSION_PREFIX &&
		    !op25b_nl_parse_prefix(attr, &attrs, NULL) &&
		    op25b_prefix_equal(&attrs.prefix, &collision->prefix))
			return attr;
	return nest;
}

int op25b_nl_session_add(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_table *table = &op25b_net(genl_info_net(info))->table;
	struct op25b_session_collision collision = { 0 };
	struct op25b_session_change *change = NULL;
	struct op25b_session_request request;
	int err;

	mutex_lock(&table->sessions.lock);
	err = parse_session(genl_info_net(info), info->attrs[OP25B_A_SESSION], &request,
			    info->extack);
	if (!err) {
		change = op25b_session_change_begin(table, false);
		err = change ? op25b_session_add(change, &request, info->attrs[OP25B_A_FORCE],
						 &collision, info->extack) : -ENOMEM;
	}
	if (!err)
		op25b_session_change_commit(change, OP25B_EVENT_SESSION_DELETED);
	else if (change)
		op25b_session_change_abort(change);
	mutex_unlock(&table->sessions.lock);
	if (err == -EEXIST)
		NL_SET_BAD_ATTR(info->extack,
				collision.id ? colliding(info->attrs[OP25B_A_SESSION], &collision) :
					       info->attrs[OP25B_A_SESSION]);
	kvfree(request.prefix);
	return err;
}

int op25b_nl_session_del(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_table *table = &op25b_net(genl_info_net(info))->table;
	const char *id = session_id(info->attrs[OP25B_A_SESSION], info->extack);
	struct op25b_session_change *change;
	int err;

	if (IS_ERR(id))
		return PTR_ERR(id);
	mutex_lock(&table->sessions.lock);
	change = op25b_session_change_begin(table, false);
	err = change ? op25b_session_del(change, id, info->attrs[OP25B_A_FORCE], info->extack) :
		       -ENOMEM;
	if (!err)
		op25b_session_change_commit(change, OP25B_EVENT_SESSION_DELETED);
	else if (change)
		op25b_session_change_abort(change);
	mutex_unlock(&table->sessions.lock);
	if (err == -ENOENT)
		NL_SET_BAD_ATTR(info->extack, info->attrs[OP25B_A_SESSION]);
	return err;
}

/*
 * Name all sessions of a message. With force, those whose device does not exist any more, or is
 * down, are left out: sessions end while a list of them is made.
 */
static int sync_sessions(struct op25b_session_change *change, struct genl_info *info,
			 struct op25b_session_collision *collision)
{
	bool force = info->attrs[OP25B_A_FORCE];
	struct op25b_session_request request;
	const struct nlattr *nest;
	int err, rem;

	nlmsg_for_each_attr(nest, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(nest) != OP25B_A_SESSION)
			continue;
		err = parse_session(genl_info_net(info), nest, &request,
				    force ? NULL : info->extack);
		if (force && (err == -ENODEV || err == -ENETDOWN))
			continue;
		if (err && force) {	/* again, for its reason */
			kvfree(request.prefix);
			parse_session(genl_info_net(info), nest, &request, info->extack);
		}
		if (!err)
			err = op25b_session_sync_add(change, &request, force, collision,
						     info->extack);
		kvfree(request.prefix);
		if (err == -EEXIST)
			NL_SET_BAD_ATTR(info->extack,
					collision->id ? colliding(nest, collision) : nest);
		if (err)
			return err;
		op25b_pause();
	}
	return 0;
}

static int reply_counts(struct genl_info *info, const struct op25b_session_counts *counts,
			struct sk_buff *skb)
{
	void *header = genlmsg_put_reply(skb, info, &op25b_nl_family, 0, OP25B_CMD_SESSION_SYNC);

	if (!header || nla_put_u32(skb, OP25B_A_ADDED_COUNT, counts->added) ||
	    nla_put_u32(skb, OP25B_A_CHANGED_COUNT, counts->changed) ||
	    nla_put_u32(skb, OP25B_A_DELETED_COUNT, counts->deleted) ||
	    nla_put_u32(skb, OP25B_A_KEPT_COUNT, counts->kept)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

int op25b_nl_session_sync(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_table *table = &op25b_net(genl_info_net(info))->table;
	struct op25b_session_collision collision = { 0 };
	struct op25b_session_change *change;
	struct op25b_session_counts counts;
	struct sk_buff *answer;
	int err;

	/* before anything is done */
	answer = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!answer)
		return -ENOMEM;
	mutex_lock(&table->sessions.lock);
	change = op25b_session_change_begin(table, true);
	err = change ? sync_sessions(change, info, &collision) : -ENOMEM;
	if (!err)
		err = op25b_session_sync_end(change, &counts);
	if (!err)
		op25b_session_change_commit(change, OP25B_EVENT_SESSION_DELETED);
	else if (change)
		op25b_session_change_abort(change);
	mutex_unlock(&table->sessions.lock);
	if (!err)
		return reply_counts(info, &counts, answer);
	nlmsg_free(answer);
	return err;
}

/**
 * struct session_dump - where a dump of sessions goes on
 * @list: the sessions as they were when it began
 * @session: the number of the one to go on with
 * @prefix: the number of its first prefix that is missing
 */
struct session_dump {
	struct op25b_session_list *list;
	size_t session;
	unsigned int prefix;
};

static struct session_dump *session_dump(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct session_dump) > sizeof(cb->ctx));
	return (struct session_dump *)cb->ctx;
}

int op25b_nl_session_dump_start(struct netlink_callback *cb)
{
	struct op25b_table *table = &op25b_net(sock_net(cb->skb->sk))->table;
	const struct nlattr *nest = genl_info_dump(cb)->attrs[OP25B_A_SESSION];
	struct session_dump *dump = session_dump(cb);
	const char *id = nest ? session_id(nest, cb->extack) : NULL;

	*dump = (struct session_dump){ 0 };
	if (IS_ERR(id))
		return PTR_ERR(id);
	dump->list = op25b_session_list_get(table, id);
	if (!IS_ERR(dump->list))
		return 0;
	if (PTR_ERR(dump->list) == -ENOENT)
		NL_SET_ERR_MSG_ATTR(cb->extack, nest, "session does not exist");
	return PTR_ERR(dump->list);
}

int op25b_nl_session_dump_done(struct netlink_callback *cb)
{
	op25b_session_list_put(session_dump(cb)->list);
	return 0;
}

int op25b_nl_session_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct session_dump *dump = session_dump(cb);
	const struct op25b_session *session;
	void *header;

	while (dump->session < dump->list->count) {
		session = dump->list->session[dump->session];
		header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				     &op25b_nl_family, NLM_F_MULTI, OP25B_CMD_SESSION_GET);
		if (!header)
			break;
		if (op25b_nl_put_session(skb, sock_net(cb->skb->sk), session, &dump->prefix)) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
		if (dump->prefix < session->prefixes)
			continue;
		dump->session++;
		dump->prefix = 0;
	}
	return skb->len;
}
