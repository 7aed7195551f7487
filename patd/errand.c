#include "patd/errand.h"

#include "common/err.h"

void errands_init(struct errands *e, int control)
{
	*e = (struct errands){.control = control};
	LIST_INIT(&e->list);
}

static struct errand *find(const struct errands *e, uint32_t id)
{
	struct errand *errand;

	LIST_FOREACH(errand, &e->list, link)
	if (errand->id == id)
		return errand;
	return NULL;
}

/* Not 0, and none that is under way: after 2^32 the numbers begin anew. */
static uint32_t new_id(struct errands *e)
{
	do
		e->last_id++;
	while (e->last_id == 0 || find(e, e->last_id));
	return e->last_id;
}

static void end(struct errand *errand)
{
	LIST_REMOVE(errand, link);
	errand->id = 0;
}

int errand_send(struct errands *e, struct errand *errand, const struct control *m, int pass_fd)
{
	struct control numbered = *m;

	numbered.id = new_id(e);
	if (control_send(e->control, &numbered, pass_fd))
		return ERR_BUSY;
	errand->id = numbered.id;
	LIST_INSERT_HEAD(&e->list, errand, link);
	return 0;
}

void errand_cancel(struct errands *e, struct errand *errand)
{
	struct control m = {.type = CONTROL_CANCEL, .id = errand->id};

	if (errand->id == 0)
		return;
	end(errand);
	control_send(e->control, &m, -1);
}

void errand_result(struct errands *e, const struct control *result)
{
	struct errand *errand = find(e, result->id);

	if (!errand)
		return;
	end(errand);
	errand->done(errand->arg, result);
}
