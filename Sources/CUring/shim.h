// liburing's inline functions import as they are; the IOSQE_* flags (1U << enum) do not.
#pragma once
#include <liburing.h>

static const unsigned char CU_IOSQE_BUFFER_SELECT = IOSQE_BUFFER_SELECT;
static const unsigned char CU_IOSQE_CQE_SKIP_SUCCESS = IOSQE_CQE_SKIP_SUCCESS;
