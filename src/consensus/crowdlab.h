/*
 * crowdlab.h: consensus of raters and a classifier.
 */
#ifndef AIDATAOPS_CONSENSUS_CROWDLAB_H
#define AIDATAOPS_CONSENSUS_CROWDLAB_H

#include "consensus/labels.h"

/* predictions: by unit and category of the graph; choices: the most probable category of each unit. */
extern struct varlena *consensus_by_crowdlab(const LabelGraph *graph, const double *predictions,
											 const uint32 *choices);

#endif
