/* host_buffer.c: buffers in this process's memory, for every backend that computes there. */
#include <string.h>

#include "backend/implementation.h"
#include "base/memory.h"

cornu_status cornu__host_buffer_open(cornu__buffer *buffer)
{
    buffer->host = cornu__alloc_array((size_t)buffer->count, cornu_dtype_size(buffer->dtype));
    return buffer->host ? CORNU_OK : cornu_error_status();
}

void cornu__host_buffer_close(cornu__buffer *buffer)
{
    cornu__free(buffer->host);
    buffer->host = NULL;
}

static char *element(const cornu__buffer *buffer, int64_t offset)
{
    return (char *)buffer->host + (size_t)offset * cornu_dtype_size(buffer->dtype);
}

cornu_status cornu__host_buffer_download(const cornu__buffer *buffer, int64_t offset, int64_t count, void *to)
{
    memcpy(to, element(buffer, offset), (size_t)count * cornu_dtype_size(buffer->dtype));
    return CORNU_OK;
}

cornu_status cornu__host_buffer_upload(cornu__buffer *buffer, int64_t offset, int64_t count, const void *from)
{
    memcpy(element(buffer, offset), from, (size_t)count * cornu_dtype_size(buffer->dtype));
    return CORNU_OK;
}

void *cornu__host_buffer_host(cornu__buffer *buffer)
{
    return buffer->host;
}
