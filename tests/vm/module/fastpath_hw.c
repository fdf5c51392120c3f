// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (c) 2026 fastpath.router contributors
 *
 * A double of a driver that offloads flows: veth devices accept "flags offload", and each flow is accepted or refused
 * as the parameter "refuse" says. It is a double of the control plane only: packets still take the software path.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <net/flow_offload.h>
#include <net/pkt_cls.h>
#include <net/rtnetlink.h>

static bool refuse;
module_param(refuse, bool, 0644);
MODULE_PARM_DESC(refuse, "refuse every flow, as hardware does whose tables are full");

static LIST_HEAD(blocks);
static bool registered;

static int on_flow(enum tc_setup_type type, void *type_data, void *priv)
{
	struct flow_cls_offload *flow = type_data;

	if (type != TC_SETUP_CLSFLOWER)
		return -EOPNOTSUPP;
	return flow->command == FLOW_CLS_REPLACE && READ_ONCE(refuse) ? -EOPNOTSUPP : 0;
}

static void on_release(void *priv)
{
}

static bool is_veth(const struct net_device *dev)
{
	return dev && dev->rtnl_link_ops && !strcmp(dev->rtnl_link_ops->kind, "veth");
}

static int on_bind(struct net_device *dev, struct Qdisc *sch, void *priv, enum tc_setup_type type, void *type_data,
		   void *data, void (*cleanup)(struct flow_block_cb *block_cb))
{
	struct flow_block_offload *offload = type_data;
	struct flow_block_cb *block;

	/*
	 * While a driver registers, the kernel offers it what was bound before, flowtables that it refused and freed
	 * included: taking these crashes (6.1).
	 */
	if (!registered || type != TC_SETUP_FT || !is_veth(dev))
		return -EOPNOTSUPP;

	if (offload->command == FLOW_BLOCK_UNBIND) {
		block = flow_block_cb_lookup(offload->block, on_flow, dev);
		if (!block)
			return -ENOENT;
		flow_indr_block_cb_remove(block, offload);
		list_del(&block->driver_list);
		return 0;
	}

	block = flow_indr_block_cb_alloc(on_flow, dev, dev, on_release, offload, dev, sch, data, priv, cleanup);
	if (IS_ERR(block))
		return PTR_ERR(block);
	flow_block_cb_add(block, offload);
	list_add_tail(&block->driver_list, &blocks);
	return 0;
}

static int __init fastpath_hw_init(void)
{
	int err = flow_indr_dev_register(on_bind, NULL);

	registered = !err;
	return err;
}

static void __exit fastpath_hw_exit(void)
{
	flow_indr_dev_unregister(on_bind, NULL, on_release);
}

module_init(fastpath_hw_init);
module_exit(fastpath_hw_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("veth devices that accept or refuse hardware flow offloading");
