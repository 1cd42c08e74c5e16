/* base/processors.h: how many processors this process may use. */
#ifndef CORNU_BASE_PROCESSORS_H
#define CORNU_BASE_PROCESSORS_H

/* At least 1. taskset and containers' sets of processors count. */
int cornu__processors(void);

#endif
