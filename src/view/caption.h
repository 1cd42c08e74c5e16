/* view/caption.h: a text broken into lines of at most some width. */
#ifndef CORNU_VIEW_CAPTION_H
#define CORNU_VIEW_CAPTION_H

#include "view/canvas.h"

/* The text with '\n' where a line ends, also where it ended before: between words, within a word only where it is too wide for a line of its own. A no-break
 * space (U+00A0) belongs to a word, and is a blank in the result. Lines that a line with blanks before it is broken into have these too. To cornu__free; NULL with the
 * error set. */
char *cornu__caption_broken(cornu__canvas *canvas, double size, double width, const char *text);

/* How wide its widest word is, with the blanks before its line. */
double cornu__caption_word_width(cornu__canvas *canvas, double size, const char *text);

/* The number of lines of a broken text. */
int cornu__caption_line_count(const char *broken);

#endif
