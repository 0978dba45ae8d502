// OpenSSL 3.0 as Swift imports it, plus inline functions for what it defines as macros.
#pragma once
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline int cssl_set_min_protocol(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline long cssl_set_mode(SSL_CTX *context, long mode) { return SSL_CTX_set_mode(context, mode); }
static inline long cssl_cache_client_sessions(SSL_CTX *context) {
    return SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
}
static inline int cssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, (char *)name);
}
static inline uint64_t cssl_options(void) {
    return SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT;
}
static inline void cssl_bio_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void cssl_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline int cssl_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

// The low-level hash: EVP allocates anew for every message it starts, and is started four times for
// every key that is derived.
static inline int cssl_sha256_begin(SHA256_CTX *hash) { return SHA256_Init(hash); }
static inline int cssl_sha256_update(SHA256_CTX *hash, const void *bytes, size_t count) {
    return SHA256_Update(hash, bytes, count);
}
static inline int cssl_sha256_end(SHA256_CTX *hash, unsigned char *digest) { return SHA256_Final(digest, hash); }
