/*
 * blocklog.h: a log of what reaches the store's file, in the order in which it does, and between it
 * of what was asked of patd and answered. tests/preload/blocklog.c writes the one, load.c the
 * other, each record by one append; powerloss.c reads it.
 */
#ifndef ATTACK_BLOCKLOG_H
#define ATTACK_BLOCKLOG_H

#include <stdint.h>

#define BLOCKLOG_NAME "blocks.log" /* beside data.mdb */

enum { BLOCKLOG_MAGIC = 0x70617462 };

enum blocklog_type {
	BLOCKLOG_WRITE = 1, /* `size` bytes at `offset`; sync: durable when the call returned */
	BLOCKLOG_FLUSH,	    /* all before it is durable */
	BLOCKLOG_TRUNCATE,  /* the file's length is `offset` */
	BLOCKLOG_ACCOUNT,   /* the name of account number `offset` */
	BLOCKLOG_ASKED,	    /* of that account: struct deed */
	BLOCKLOG_ANSWERED,  /* and what became of it: struct made; sync: it was not refused */
};

struct blocklog {
	uint32_t magic, type;
	uint64_t offset;
	uint32_t size, sync;
};

#endif
