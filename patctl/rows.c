#include "patctl/rows.h"

#include "common/err.h"
#include "patctl/output.h"

int rows_begin(struct rows *r, const struct rows_form *form, const struct args *a, struct fault *f)
{
	*r = (struct rows){.form = form};
	if (a->json)
		r->doc = form->keyed ? json_object() : json_array();
	else
		r->table = table_new(output_color(a));
	if (!r->doc && !r->table)
		return fault_plain(f, ERR_MEMORY, NULL);
	for (const char *const *head = form->heads; r->table && *head; head++)
		table_column(r->table, *head);
	return 0;
}

static int add_json(struct rows *r, const struct proto_msg *row)
{
	char key[LIMIT_USER + 1];

	if (!r->form->keyed)
		return json_array_append_new(r->doc, r->form->json(row));
	span_copy(proto_text(row, TAG_KEY), key, sizeof(key));
	return json_object_set_new(r->doc, key, r->form->json(row));
}

int rows_add(struct rows *r, const struct proto_msg *row, struct fault *f)
{
	r->n++;
	if (r->doc)
		return add_json(r, row) ? fault_plain(f, ERR_MEMORY, NULL) : 0;
	table_line(r->table);
	r->form->cells(r->table, row);
	return 0;
}

int rows_receive(struct rows *r, struct call *call, struct fault *f)
{
	int err = call_run(call, f);

	while (!err && call_answer(call)->verb != VERB_OK) {
		err = rows_add(r, call_answer(call), f);
		if (!err)
			err = call_next(call, f);
	}
	return err;
}

int rows_print(const struct rows *r, struct fault *f)
{
	if (r->doc)
		return output_json(json_incref(r->doc), f);
	if (r->n == 0)
		output_note("%s", r->form->none);
	return table_print(r->table) ? fault_plain(f, ERR_MEMORY, NULL) : 0;
}

void rows_free(struct rows *r)
{
	json_decref(r->doc);
	table_free(r->table);
}
