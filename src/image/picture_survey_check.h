/* image/picture_survey_check.h: looking at each picture of a survey, by several threads. */
#ifndef CORNU_IMAGE_PICTURE_SURVEY_CHECK_H
#define CORNU_IMAGE_PICTURE_SURVEY_CHECK_H

#include "image/picture_survey.h"

/* Fills in what the listed files are, or what is wrong with them. */
cornu_status cornu__survey_check(cornu__survey *survey, const cornu__survey_options *options);

#endif
