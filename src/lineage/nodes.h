/*
 * nodes.h: what stands in the graph of lineage: relations, files and their like.
 */
#ifndef AIDATAOPS_LINEAGE_NODES_H
#define AIDATAOPS_LINEAGE_NODES_H

#include "lineage/capture.h"

typedef struct RelationNode
{
	Oid relid;
	Oid root;   /* of partitions */
	int64 node; /* 0: has none, as of excluded schemas */
	uint64 epoch;
	bool is_valid;
} RelationNode;

extern RelationNode *node_of_relation(Oid relid);
extern int64 node_of_external(External *external);
extern Oid root_of(Oid relid); /* of a partition; others are their own */
/* The node of a root, made if there is none yet; 0 if it shall have none, or is gone. */
extern int64 look_up_node(Oid root, bool may_make);
extern void write_dropped_node(Oid relid);
extern void nodes_invalidate(Oid relid);

#endif
