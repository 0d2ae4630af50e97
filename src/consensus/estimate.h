/*
 * estimate.h: what the consensus is, and how good the raters are, from labels in canonical order.
 */
#ifndef AIDATAOPS_CONSENSUS_ESTIMATE_H
#define AIDATAOPS_CONSENSUS_ESTIMATE_H

#include "consensus/labels.h"
#include "consensus/model.h"

extern ModelHeader consensus_header(const LabelGraph *graph, ConsensusMethod method);
extern ConsensusStatus structural_status(const LabelGraph *graph, bool compares_raters);

/* Votes weighed by nothing, or by how well each rater agrees with them: votes.c */
extern struct varlena *consensus_by_votes(const LabelGraph *graph, ConsensusMethod method);

/* Expectation maximization: estimate.c */
extern struct varlena *consensus_by_likelihood(const LabelGraph *graph, ConsensusMethod method);

/* The posteriors of votes, kept sparsely: of each unit only the categories that were given to it. */
typedef struct Votes
{
	uint64 *offsets; /* by unit */
	uint32 *categories;
	double *shares;
	double *priors; /* mean share of each category */
} Votes;

extern Votes *votes_count(const LabelGraph *graph, const double *weights);
extern uint32 votes_winner(const Votes *votes, uint32 unit);

/* Numbers of a rater that every method reports. */
extern ModelRater *raters_count(const LabelGraph *graph);

#endif
