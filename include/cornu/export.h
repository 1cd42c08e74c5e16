/* export.h: which symbols the shared library shows. */
#ifndef CORNU_EXPORT_H
#define CORNU_EXPORT_H

#if defined(__GNUC__)
#define CORNU_API __attribute__((visibility("default")))
#define CORNU_PRINTF(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))
#else
#define CORNU_API
#define CORNU_PRINTF(format_index, first_argument)
#endif

#ifdef __cplusplus
#define CORNU_BEGIN_DECLARATIONS extern "C" {
#define CORNU_END_DECLARATIONS }
#else
#define CORNU_BEGIN_DECLARATIONS
#define CORNU_END_DECLARATIONS
#endif

#endif
