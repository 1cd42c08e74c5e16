/* cli/target_size.h: --target-size. */
#ifndef CORNU_CLI_TARGET_SIZE_H
#define CORNU_CLI_TARGET_SIZE_H

#include <cornu/options.h>

#include "base/status.h"

/* "150" for both, "150,200" or "150x200": height and width in pixels. */
cornu_status cornu__target_size_read(const char *text, cornu_size2 *size);

#endif
