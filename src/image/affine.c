/* affine.c: Keras's affine parameters as a matrix (apply_affine_transform of keras-preprocessing). */
#include <math.h>

#include "image/affine.h"

#define RADIANS_PER_DEGREE (3.14159265358979323846 / 180)

bool cornu__affine_is_identity(const cornu__affine_parameters *p)
{
    return p->theta == 0 && p->tx == 0 && p->ty == 0 && p->shear == 0 && p->zx == 1 && p->zy == 1;
}

void cornu__affine_compose(cornu__affine *a, cornu__affine b)
{
    cornu__affine c = *a;
    a->a00 = c.a00 * b.a00 + c.a01 * b.a10;
    a->a01 = c.a00 * b.a01 + c.a01 * b.a11;
    a->b0 = c.a00 * b.b0 + c.a01 * b.b1 + c.b0;
    a->a10 = c.a10 * b.a00 + c.a11 * b.a10;
    a->a11 = c.a10 * b.a01 + c.a11 * b.a11;
    a->b1 = c.a10 * b.b0 + c.a11 * b.b1 + c.b1;
}

static void exchange(double *a, double *b)
{
    double kept = *a;
    *a = *b;
    *b = kept;
}

cornu__affine cornu__affine_make(const cornu__affine_parameters *p, int height, int width, cornu__affine_compat compat)
{
    double theta = p->theta * RADIANS_PER_DEGREE, shear = p->shear * RADIANS_PER_DEGREE;
    cornu__affine map = {.a00 = 1, .a11 = 1};
    if (p->theta != 0)
        cornu__affine_compose(&map, (cornu__affine){cos(theta), -sin(theta), sin(theta), cos(theta), 0, 0});
    cornu__affine_compose(&map, (cornu__affine){1, 0, 0, 1, p->tx, p->ty});
    if (p->shear != 0)
        cornu__affine_compose(&map, (cornu__affine){1, -sin(shear), 0, cos(shear), 0, 0});
    cornu__affine_compose(&map, (cornu__affine){p->zx, 0, 0, p->zy, 0, 0});

    double aside = compat == CORNU__AFFINE_KP112 ? 0.5 : -0.5;
    double row = (double)height / 2 + aside, column = (double)width / 2 + aside;
    map.b0 += row - (map.a00 * row + map.a01 * column);
    map.b1 += column - (map.a10 * row + map.a11 * column);
    if (compat == CORNU__AFFINE_TF29) {
        exchange(&map.a00, &map.a11);
        exchange(&map.a01, &map.a10);
        exchange(&map.b0, &map.b1);
    }
    return map;
}
