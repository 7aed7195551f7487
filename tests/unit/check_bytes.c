/* check_bytes.c: the reader and the writer never pass the end, and never forget that they would
 * have. */
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "tests/unit/unit.h"

/* Exactly n bytes of the heap, so that one byte too many is seen by the sanitizers. */
static void *copy_of(const void *data, size_t n)
{
	void *p = malloc(n ? n : 1);

	ck_assert_ptr_nonnull(p);
	memcpy(p, data, n);
	return p;
}

START_TEST(spans)
{
	static const struct {
		struct span a, b;
		bool same;
	} cases[] = {
		{SPAN(""), SPAN(""), true},
		{{NULL, 0}, SPAN(""), true},
		{{NULL, 0}, {NULL, 0}, true},
		{SPAN("a"), SPAN(""), false},
		{SPAN("a"), {NULL, 0}, false},
		{SPAN("abc"), SPAN("abc"), true},
		{SPAN("abc"), SPAN("abd"), false},
		{SPAN("abc"), SPAN("ab"), false},
		{SPAN("abc"), SPAN("ABC"), false},
		{SPAN("a\0b"), SPAN("a\0b"), true},
		{SPAN("a\0b"), SPAN("a\0c"), false},
		{SPAN("a\0"), SPAN("a"), false},
		{SPAN("\xff"), SPAN("\x7f"), false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(span_eq(cases[i].a, cases[i].b) == cases[i].same, "row %zu", i);
		ck_assert_msg(span_eq(cases[i].b, cases[i].a) == cases[i].same, "row %zu", i);
	}
	ck_assert(span_is(SPAN("sshd"), "sshd"));
	ck_assert(span_is((struct span){NULL, 0}, ""));
	ck_assert(!span_is(SPAN("sshd\0"), "sshd"));
	ck_assert(!span_is(SPAN("ssh"), "sshd"));
	ck_assert(!span_is(SPAN("sshd2"), "sshd"));
	ck_assert_uint_eq(span_of("").n, 0);
	ck_assert_uint_eq(span_of("abc").n, 3);
	ck_assert_uint_eq(SPAN("a\0b").n, 3);
}
END_TEST

START_TEST(span_copies)
{
	static const struct {
		struct span a;
		size_t size;
		bool fits;
	} cases[] = {
		{SPAN(""), 1, true},
		{{NULL, 0}, 1, true},
		{SPAN("a"), 1, false},
		{SPAN("a"), 2, true},
		{SPAN("abc"), 3, false},
		{SPAN("abc"), 4, true},
		{SPAN("abc"), 5, true},
		{SPAN("\0"), 8, false},
		{SPAN("\0ab"), 8, false},
		{SPAN("a\0b"), 8, false},
		{SPAN("ab\0"), 8, false},
		{SPAN("ab\0"), 4, false},
		{SPAN("\x01\xff\n"), 4, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = cases[i].size, n = cases[i].a.n;
		char *dst = copy_of("????????", size);

		ck_assert_msg(span_copy(cases[i].a, dst, size) == cases[i].fits, "row %zu", i);
		ck_assert_msg(dst[cases[i].fits ? n : 0] == '\0', "row %zu", i);
		if (cases[i].fits && n > 0)
			ck_assert_mem_eq(dst, cases[i].a.p, n);
		free(dst);
	}
}
END_TEST

START_TEST(span_takes)
{
	static const struct {
		struct span s, taken, left;
	} cases[] = {
		{SPAN("a,b"), SPAN("a"), SPAN("b")},
		{SPAN("a"), SPAN("a"), SPAN("")},
		{SPAN("a,"), SPAN("a"), SPAN("")},
		{SPAN(",a"), SPAN(""), SPAN("a")},
		{SPAN(",,"), SPAN(""), SPAN(",")},
		{SPAN("a\0,b"), SPAN("a\0"), SPAN("b")},
		{SPAN(""), SPAN(""), SPAN("")},
		{{NULL, 0}, {NULL, 0}, {NULL, 0}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *bytes = copy_of(cases[i].s.p ? cases[i].s.p : "", cases[i].s.n);
		struct span s = {cases[i].s.p ? bytes : NULL, cases[i].s.n};
		struct span taken = span_take(&s, ',');

		ck_assert_msg(span_eq(taken, cases[i].taken), "row %zu", i);
		ck_assert_msg(span_eq(s, cases[i].left), "row %zu", i);
		free(bytes);
	}
}
END_TEST

START_TEST(integers_are_big_endian)
{
	static const uint8_t data[] = {0x01, 0xfe, 0xdc, 0x80, 0x01, 0x02, 0x03, 0xff, 0xee, 0xdd,
		0xcc, 0xbb, 0xaa, 0x99, 0x88};
	uint8_t out[sizeof(data)];
	struct reader r;
	struct writer w;

	reader_init(&r, data, sizeof(data));
	ck_assert_uint_eq(reader_left(&r), 15);
	ck_assert_uint_eq(read_u8(&r), 0x01);
	ck_assert_uint_eq(read_u16(&r), 0xfedc);
	ck_assert_uint_eq(read_u32(&r), 0x80010203);
	ck_assert_uint_eq(reader_left(&r), 8);
	ck_assert(!reader_done(&r));
	ck_assert(read_u64(&r) == 0xffeeddccbbaa9988);
	ck_assert(reader_done(&r));

	writer_init(&w, out, sizeof(out));
	write_u8(&w, 0x01);
	write_u16(&w, 0xfedc);
	write_u32(&w, 0x80010203);
	ck_assert_uint_eq(writer_len(&w), 7);
	write_u64(&w, 0xffeeddccbbaa9988);
	ck_assert_uint_eq(writer_len(&w), sizeof(data));
	ck_assert_mem_eq(out, data, sizeof(data));
}
END_TEST

enum { U8, U16, U32, U64, BYTES_0, BYTES_3, N_KINDS };

static const size_t widths[N_KINDS] = {[U8] = 1, [U16] = 2, [U32] = 4, [U64] = 8, [BYTES_3] = 3};

/* Reads one thing of ones; true if it yielded what the bytes say. */
static bool read_kind(struct reader *r, int kind)
{
	struct span s;

	switch (kind) {
	case U8:
		return read_u8(r) == UINT8_MAX;
	case U16:
		return read_u16(r) == UINT16_MAX;
	case U32:
		return read_u32(r) == UINT32_MAX;
	case U64:
		return read_u64(r) == UINT64_MAX;
	default:
		s = read_bytes(r, widths[kind]);
		return s.n == widths[kind] && (s.n == 0 || memcmp(s.p, "\xff\xff\xff", s.n) == 0);
	}
}

/* After a failure everything yields zero or an empty span, and the reader is never done. */
static void expect_failed_reader(struct reader *r)
{
	ck_assert(r->failed);
	ck_assert(!reader_done(r));
	ck_assert_uint_eq(reader_left(r), 0);
	ck_assert_uint_eq(read_u8(r), 0);
	ck_assert_uint_eq(read_u16(r), 0);
	ck_assert_uint_eq(read_u32(r), 0);
	ck_assert_uint_eq(read_u64(r), 0);
	ck_assert_uint_eq(read_bytes(r, 1).n, 0);
	ck_assert_uint_eq(read_bytes(r, 0).n, 0);
	ck_assert_uint_eq(read_bytes(r, SIZE_MAX).n, 0);
	ck_assert(!reader_done(r));
}

/* Each kind of value at each distance from the end: read when it fits, else nothing, for ever. */
START_TEST(reader_ends)
{
	for (size_t n = 0; n <= 16; n++) {
		uint8_t *data = copy_of(
			"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", n);
		size_t width = widths[_i];
		struct reader r;

		reader_init(&r, data, n);
		for (size_t left = n; left >= width && width > 0; left -= width) {
			ck_assert(read_kind(&r, _i));
			ck_assert_uint_eq(reader_left(&r), left - width);
			ck_assert_int_eq(reader_done(&r), left == width);
		}
		if (width > 0) {
			ck_assert(!read_kind(&r, _i));
			expect_failed_reader(&r);
		} else {
			ck_assert(read_kind(&r, _i));
			ck_assert_uint_eq(reader_left(&r), n);
			ck_assert_int_eq(reader_done(&r), n == 0);
		}
		free(data);
	}
}
END_TEST

/* A failed read takes nothing: what would still have fitted is not to be had any more. */
START_TEST(reader_latches)
{
	static const size_t lengths[] = {5, 6, 1 << 20, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct reader r;

		reader_init(&r, "\x01\x02\x03\x04", 4);
		ck_assert_uint_eq(read_bytes(&r, lengths[i]).n, 0);
		expect_failed_reader(&r);
	}
}
END_TEST

START_TEST(reader_of_nothing)
{
	const void *nothing[] = {NULL, ""};

	for (int i = 0; i < 2; i++) {
		struct reader r;

		reader_init(&r, nothing[i], 0);
		ck_assert(reader_done(&r));
		ck_assert_uint_eq(reader_left(&r), 0);
		ck_assert_uint_eq(read_bytes(&r, 0).n, 0);
		ck_assert(reader_done(&r));
		ck_assert_uint_eq(read_u8(&r), 0);
		expect_failed_reader(&r);
	}
}
END_TEST

START_TEST(reader_views_the_data)
{
	static const char data[] = "abc\0def";
	struct reader r;
	struct span s;

	reader_init(&r, data, sizeof(data));
	s = read_bytes(&r, 5);
	ck_assert_ptr_eq(s.p, data);
	ck_assert_uint_eq(s.n, 5);
	ck_assert_uint_eq(read_u8(&r), 'e');
	s = read_bytes(&r, 2);
	ck_assert_ptr_eq(s.p, data + 6);
	ck_assert(reader_done(&r));
}
END_TEST

static void write_kind(struct writer *w, int kind)
{
	switch (kind) {
	case U8:
		write_u8(w, UINT8_MAX);
		break;
	case U16:
		write_u16(w, UINT16_MAX);
		break;
	case U32:
		write_u32(w, UINT32_MAX);
		break;
	case U64:
		write_u64(w, UINT64_MAX);
		break;
	default:
		write_bytes(w, widths[kind] ? "\xff\xff\xff" : NULL, widths[kind]);
	}
}

/* Nothing of a value that does not fit is written, and nothing after it either. */
START_TEST(writer_ends)
{
	for (size_t n = 0; n <= 16; n++) {
		size_t width = widths[_i], used = 0;
		uint8_t *data = copy_of("................", n);
		struct writer w;

		writer_init(&w, data, n);
		ck_assert_uint_eq(writer_len(&w), 0);
		for (int i = 0; i < 17 && used + width <= n; i++, used += width) {
			write_kind(&w, _i);
			ck_assert(!w.failed);
			ck_assert_uint_eq(writer_len(&w), used + width);
		}
		if (width > 0) {
			write_kind(&w, _i);
			ck_assert(w.failed);
			for (int kind = 0; kind < N_KINDS; kind++) {
				write_kind(&w, kind);
				ck_assert(w.failed);
				ck_assert_uint_eq(writer_len(&w), 0);
			}
		}
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(data[i], i < used ? 0xff : '.');
		free(data);
	}
}
END_TEST

START_TEST(writer_latches)
{
	static const size_t lengths[] = {5, 1 << 20, SIZE_MAX / 2, SIZE_MAX};
	uint8_t data[4];

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct writer w;

		writer_init(&w, data, sizeof(data));
		write_u16(&w, 1);
		/* No byte of the source may be touched when it can't fit. */
		write_bytes(&w, data, lengths[i]);
		write_u8(&w, 1);
		write_bytes(&w, NULL, 0);
		ck_assert(w.failed);
		ck_assert_uint_eq(writer_len(&w), 0);
		writer_init(&w, data, sizeof(data));
		write_u32(&w, 7);
		ck_assert_uint_eq(writer_len(&w), 4);
	}
}
END_TEST

START_TEST(writer_copies_nuls)
{
	uint8_t data[6];
	struct writer w;

	writer_init(&w, data, sizeof(data));
	write_bytes(&w, "\0a\0b\0", 6);
	ck_assert_uint_eq(writer_len(&w), 6);
	ck_assert_mem_eq(data, "\0a\0b\0", 6);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bytes");
	TCase *t = tcase_create("bytes");

	tcase_add_test(t, spans);
	tcase_add_test(t, span_copies);
	tcase_add_test(t, span_takes);
	tcase_add_test(t, integers_are_big_endian);
	tcase_add_loop_test(t, reader_ends, 0, N_KINDS);
	tcase_add_test(t, reader_latches);
	tcase_add_test(t, reader_of_nothing);
	tcase_add_test(t, reader_views_the_data);
	tcase_add_loop_test(t, writer_ends, 0, N_KINDS);
	tcase_add_test(t, writer_latches);
	tcase_add_test(t, writer_copies_nuls);
	suite_add_tcase(s, t);
	return unit_run(s);
}
