/*
 * All of base/ at once, for files that use most of it.
 */
#ifndef VITRO_BASE_BASE_H
#define VITRO_BASE_BASE_H

#include "base/assert.h"
#include "base/bytes.h"
#include "base/gather.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "base/ranges.h"
#include "base/rng.h"
#include "base/span.h"
#include "base/text.h"
#include "base/wheel.h"

#endif
