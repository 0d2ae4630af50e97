/*
 * watch.h: event triggers that notice when a table of a contract changes its shape.
 */
#ifndef AIDATAOPS_CONTRACT_WATCH_H
#define AIDATAOPS_CONTRACT_WATCH_H

/*
 * True while constraints and triggers of this extension are put on tables, taken away or disabled on purpose: that is
 * announced by who does it, and is no drift. Whoever sets it restores it, also on an error.
 */
extern bool guards_change_on_purpose;

#endif
