/* fd_fill_stdio() of fd.h, apart from what the module uses: the module opens no files. */
#include "common/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/err.h"

int fd_fill_stdio(void)
{
	int fd;

	/* Not CLOEXEC: what is started from here must find its streams open too. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return ERR_IO;
	close(fd);
	return 0;
}
