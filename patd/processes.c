#include "patd/processes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"

bool processes_next(DIR *proc, struct process *p)
{
	const struct dirent *e;

	while ((e = readdir(proc))) {
		char *end;
		unsigned long pid = strtoul(e->d_name, &end, 10);

		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && !*end && pid <= INT32_MAX &&
			process_read((uint32_t)pid, p) == 0)
			return true;
	}
	return false;
}

size_t processes_text(uint32_t pid, const char *name, char *out, size_t size)
{
	char path[48];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, out, size - 1);
		close(fd);
	}
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* Has the process the uid, real, effective, saved or of the file system? */
static bool runs_as(uint32_t pid, uint32_t uid)
{
	char text[2048], *end;
	const char *line;

	processes_text(pid, "status", text, sizeof(text));
	line = strstr(text, "\nUid:");
	if (!line)
		return false;
	line += sizeof("\nUid:") - 1;
	for (int i = 0; i < 4; i++) {
		unsigned long id = strtoul(line, &end, 10);

		if (end == line)
			return false;
		if (id == uid)
			return true;
		line = end;
	}
	return false;
}

static void add_other(struct control *result, uint32_t pid)
{
	struct control_other *o = &result->others[result->other_count];
	char name[64];

	if (result->other_count == LIMIT_OTHERS) {
		result->others_more++;
		return;
	}
	processes_text(pid, "comm", name, sizeof(name));
	name[strcspn(name, "\n")] = '\0';
	snprintf(o->name, sizeof(o->name), "%.*s", (int)sizeof(o->name) - 1, name);
	o->pid = pid;
	result->other_count++;
}

void processes_others(const struct control *request, struct control *result)
{
	struct process p;
	DIR *proc;

	if (request->uid == 0 || request->uid == PROCESS_UNSET)
		return;
	proc = opendir("/proc");
	while (proc && processes_next(proc, &p))
		if (p.login_uid == request->uid || runs_as(p.pid, request->uid))
			add_other(result, p.pid);
	if (!proc)
		result->err = ERR_IO;
	else
		closedir(proc);
}
