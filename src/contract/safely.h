/*
 * safely.h: work that may fail without harm to what the user does.
 */
#ifndef AIDATAOPS_CONTRACT_SAFELY_H
#define AIDATAOPS_CONTRACT_SAFELY_H

/* Runs it in a subtransaction. NULL, or the message of the error that undid it; a cancel goes through. */
extern char *safely(void (*work)(void *argument), void *argument);

#endif
