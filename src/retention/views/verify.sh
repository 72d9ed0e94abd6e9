#!/bin/sh
# Checks a signed statement without the issuer's software:  sh verify.sh statement.dsse.json issuer.pem
# Compare the fingerprint that it prints with one that reached you another way than this file.
set -u
fail() { echo "FAILED: $1" >&2; exit 1; }
[ $# -eq 2 ] || fail "usage: sh verify.sh statement.dsse.json issuer.pem"
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT || fail "no temporary folder"
sed -n 's/^{"payload":"\([A-Za-z0-9+/=]*\)","payloadType":"application\/vnd.in-toto+json","signatures":\[{"keyid":"sha256:\([0-9a-f]*\)","sig":"\([A-Za-z0-9+/=]*\)"}\]}$/\1 \2 \3/p' "$1" > "$t/parts"
read -r payload key sig < "$t/parts" || fail "this is not a signed statement in its one spelling"
printf %s "$payload" | base64 -d > "$t/payload" && printf %s "$sig" | base64 -d > "$t/sig" || fail "this is not base64"
one() { base64 < "$1" | tr -d '\n'; }
printf '{"payload":"%s","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"sha256:%s","sig":"%s"}]}\n' "$(one "$t/payload")" "$key" "$(one "$t/sig")" | cmp -s - "$1" || fail "this is not the statement in its one spelling"
openssl x509 -in "$2" -pubkey -noout > "$t/key" || fail "the second file is not a certificate"
[ "$(openssl pkey -pubin -in "$t/key" -outform DER | openssl dgst -sha256 -r | sed 's/ .*//')" = "$key" ] || fail "signed with another key than this certificate's"
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < "$t/payload")"; cat "$t/payload"; } > "$t/signed"
openssl dgst -sha256 -verify "$t/key" -signature "$t/sig" "$t/signed" > /dev/null 2>&1 || fail "the signature does not hold"
echo "VERIFIED. SHA-256 of the statement: $(openssl dgst -sha256 -r "$t/payload" | sed 's/ .*//')"
openssl x509 -in "$2" -noout -subject -fingerprint -sha256
