/*
 * fuzz.c: libFuzzer against a type's input or receive function, inside a server process.
 *
 * tools/fuzz links this file and libFuzzer into the extension's library, which clang instruments
 * for coverage, AddressSanitizer and UndefinedBehaviorSanitizer; test/fuzz/fuzz-types calls it:
 *
 *   fuzz_type(type regtype, mode text, dir text, seeds text, seconds int, seed int) returns int
 *
 * mode is 'in' or 'recv'; dir gets new inputs, findings ("crash-...") and a log; the result is 0
 * or libFuzzer's exit code. Whatever is accepted must survive the round trips text -> value ->
 * text and bytes -> value -> bytes, and what is rejected must be so by an error that is not
 * internal (SQLSTATE XX...).
 */
#include "postgres.h"

#include <sanitizer/asan_interface.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

extern int LLVMFuzzerRunDriver(int *argc, char ***argv,
							   int (*callback)(const uint8_t *data, size_t size));

static struct
{
	bool binary; /* receive function rather than input function? */
	bool by_value;
	int16 length;
	Oid io_parameter;
	FmgrInfo in;
	FmgrInfo out;
	FmgrInfo recv;
	FmgrInfo send;
	bool has_binary;
	const char *stage; /* of the round trip, once the input is accepted */
} type;

/* Everything that one input allocates; its chunks are blocks of their own, see below. */
static MemoryContext scratch = NULL;

/*
 * AddressSanitizer knows what malloc returned, not what palloc cut from it. So every palloc of the
 * extension during a test is padded to become a block of its own, with its end poisoned; free
 * lifts that. The linker's --wrap directs the extension's calls here.
 */
#define PADDING 256

extern void *__real_palloc(Size size);
extern void *__real_palloc0(Size size);
extern void *__real_repalloc(void *pointer, Size size);
extern void *__wrap_palloc(Size size);
extern void *__wrap_palloc0(Size size);
extern void *__wrap_repalloc(void *pointer, Size size);

static bool
padded(Size size)
{
	/* absurd sizes get the server's own answer */
	return scratch != NULL && CurrentMemoryContext == scratch && size < MaxAllocSize / 2;
}

static void *
poison_end(char *pointer, Size size)
{
	ASAN_POISON_MEMORY_REGION(pointer + size, PADDING);
	return pointer;
}

void *
__wrap_palloc(Size size)
{
	return padded(size) ? poison_end(__real_palloc(size + PADDING), size) : __real_palloc(size);
}

void *
__wrap_palloc0(Size size)
{
	return padded(size) ? poison_end(__real_palloc0(size + PADDING), size) : __real_palloc0(size);
}

void *
__wrap_repalloc(void *pointer, Size size)
{
	if (!padded(size) || GetMemoryChunkContext(pointer) != scratch)
		return __real_repalloc(pointer, size);
	pointer = __real_repalloc(pointer, size + PADDING);
	ASAN_UNPOISON_MEMORY_REGION(pointer, size);
	return poison_end(pointer, size);
}

/* libFuzzer saves the input and prints the stack when the process aborts. */
static void
finding(const char *what, const char *one, const char *other)
{
	fprintf(stderr, "fuzz: %s: \"%s\", \"%s\"\n", what, one, other);
	abort();
}

static Datum
call_input(const char *text)
{
	/* no more room than needed, so that reading past the end shows */
	char *copy = strcpy(palloc(strlen(text) + 1), text);

	return InputFunctionCall(&type.in, copy, type.io_parameter, -1);
}

/* Returns false if the function left some of the bytes unread, which its callers reject. */
static bool
call_receive(const void *bytes, size_t size, Datum *value)
{
	StringInfoData buffer;

	/* callers add a zero byte */
	buffer.data = palloc(size + 1);
	memcpy(buffer.data, bytes, size);
	buffer.data[size] = '\0';
	buffer.len = size;
	buffer.maxlen = size + 1;
	buffer.cursor = 0;
	*value = ReceiveFunctionCall(&type.recv, &buffer, type.io_parameter, -1);
	return buffer.cursor == buffer.len;
}

static void
check_round_trips(Datum value)
{
	char *text;
	char *text_again;

	/* as storing it would: reads all of the value that its length claims */
	type.stage = "copy";
	value = datumCopy(value, type.by_value, type.length);

	type.stage = "output";
	text = OutputFunctionCall(&type.out, value);
	if (!pg_verifymbstr(text, strlen(text), true))
		finding("output is not valid in the encoding", text, "");

	type.stage = "input of output";
	text_again = OutputFunctionCall(&type.out, call_input(text));
	if (strcmp(text, text_again) != 0)
		finding("text changes in a round trip", text, text_again);

	if (type.has_binary)
	{
		bytea *bytes;
		bytea *bytes_again;
		Datum received;

		type.stage = "send";
		bytes = SendFunctionCall(&type.send, value);
		type.stage = "receive of sent";
		if (!call_receive(VARDATA(bytes), VARSIZE(bytes) - VARHDRSZ, &received))
			finding("receive leaves some of what send wrote", text, "");
		bytes_again = SendFunctionCall(&type.send, received);
		if (VARSIZE(bytes) != VARSIZE(bytes_again) ||
			memcmp(bytes, bytes_again, VARSIZE(bytes)) != 0)
			finding("bytes change in a round trip", text, "");
		text_again = OutputFunctionCall(&type.out, received);
		if (strcmp(text, text_again) != 0)
			finding("text changes in a round trip of bytes", text, text_again);
	}
}

static int
test_one_input(const uint8_t *data, size_t size)
{
	MemoryContext caller = MemoryContextSwitchTo(scratch);

	type.stage = NULL;
	PG_TRY();
	{
		Datum value;

		if (type.binary)
		{
			if (call_receive(data, size, &value))
				check_round_trips(value);
		}
		/* nothing else ever reaches an input function */
		else if (memchr(data, '\0', size) == NULL &&
				 pg_verifymbstr((const char *) data, size, true))
			check_round_trips(call_input(pnstrdup((const char *) data, size)));
	}
	PG_CATCH();
	{
		bool internal = ERRCODE_TO_CATEGORY(geterrcode()) == ERRCODE_INTERNAL_ERROR;

		if (internal || type.stage != NULL)
		{
			MemoryContextSwitchTo(caller);
			finding(internal ? "internal error" : "error in the round trip of an accepted value",
					CopyErrorData()->message, type.stage ? type.stage : "first call");
		}
		FlushErrorState();
	}
	PG_END_TRY();

	MemoryContextSwitchTo(caller);
	MemoryContextReset(scratch);
	return 0;
}

/* In a child process, because libFuzzer ends by exit() and a finding by abort(). */
static void
run_driver(const char *dir, const char *seeds, int seconds, int seed)
{
	char *arguments[] = {
		"fuzz",
		/* the server's own signals */
		"-handle_usr1=0",
		"-handle_usr2=0",
		"-handle_term=0",
		"-handle_int=0",
		"-detect_leaks=0",
		"-timeout=10",
		"-rss_limit_mb=4096",
		/* a profile whose buckets are coarse has some kilobytes, nothing else comes near */
		"-max_len=16384",
		"-malloc_limit_mb=256",
		"-use_value_profile=1",
		"-print_final_stats=1",
		psprintf("-max_total_time=%d", seconds),
		psprintf("-seed=%d", seed),
		psprintf("-artifact_prefix=%s/", dir),
		psprintf("%s/corpus", dir),
		pstrdup(seeds),
		NULL,
	};
	char **argv = arguments;
	int argc = lengthof(arguments) - 1;

	/* the process must go when the server does, and leave the parent's locks alone when it exits */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	on_exit_reset();
	if (freopen(psprintf("%s/log", dir), "w", stderr) == NULL || dup2(fileno(stderr), 1) < 0)
		_exit(1);
	exit(LLVMFuzzerRunDriver(&argc, &argv, test_one_input));
}

PG_FUNCTION_INFO_V1(fuzz_type);

Datum
fuzz_type(PG_FUNCTION_ARGS)
{
	Oid oid = PG_GETARG_OID(0);
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(oid));
	Form_pg_type form;
	pid_t child;
	int status;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", oid);
	form = (Form_pg_type) GETSTRUCT(tuple);
	type.binary = strcmp(text_to_cstring(PG_GETARG_TEXT_PP(1)), "recv") == 0;
	type.by_value = form->typbyval;
	type.length = form->typlen;
	type.io_parameter = getTypeIOParam(tuple);
	type.has_binary = OidIsValid(form->typreceive) && OidIsValid(form->typsend);
	if (type.binary && !type.has_binary)
		elog(ERROR, "type %s has no binary form", format_type_be(oid));
	fmgr_info(form->typinput, &type.in);
	fmgr_info(form->typoutput, &type.out);
	if (type.has_binary)
	{
		fmgr_info(form->typreceive, &type.recv);
		fmgr_info(form->typsend, &type.send);
	}
	ReleaseSysCache(tuple);

	/*
	 * Blocks so small that every padded chunk is beyond them, and a malloc of its own. The first
	 * size is unusual, so that this is no recycled context with the block size of its past.
	 */
	scratch = AllocSetContextCreate(CurrentMemoryContext, "fuzz", 1024, 1024, 1024);

	child = fork();
	if (child < 0)
		elog(ERROR, "could not fork: %m");
	if (child == 0)
		run_driver(text_to_cstring(PG_GETARG_TEXT_PP(2)), text_to_cstring(PG_GETARG_TEXT_PP(3)),
				   PG_GETARG_INT32(4), PG_GETARG_INT32(5));
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			elog(ERROR, "could not wait for the fuzzer: %m");
	scratch = NULL;
	PG_RETURN_INT32(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
