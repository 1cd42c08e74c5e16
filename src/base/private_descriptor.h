/*
 * base/private_descriptor.h: descriptors that end with this process: a forked process closes its copies.
 *
 * CLOEXEC does that for programs that are started. Worker processes are only forked: with a copy of a listening socket they would keep its
 * port, and with one of a connection they would keep the other side waiting for its end.
 */
#ifndef CORNU_BASE_PRIVATE_DESCRIPTOR_H
#define CORNU_BASE_PRIVATE_DESCRIPTOR_H

#define CORNU__MAX_PRIVATE_DESCRIPTORS 512

/* From now on. Where there is no room for another one, it is inherited. Call it from the thread that opened it, at once. */
void cornu__descriptor_keep_private(int descriptor);
/* Before it is closed. */
void cornu__descriptor_forget(int descriptor);

#endif
