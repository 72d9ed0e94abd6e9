#!/bin/sh
# Checks a signed statement with openssl alone:  sh verify.sh statement.dsse.json issuer.pem
# Then compare the fingerprint that it prints with one that reached you another way than this file.
fail() { echo "FAILED: $1" >&2; exit 1; }
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT && openssl x509 -in "$2" -pubkey -noout > "$t/key" || fail "the second file is not a certificate"
id=$(openssl pkey -pubin -in "$t/key" -outform DER | openssl dgst -sha256 -r | sed 's/ .*//')
sed -n 's/^{"payload":"\([^"]*\)".*/\1/p' "$1" | base64 -d > "$t/payload"
sed -n 's/.*"sig":"\([^"]*\)"}]}$/\1/p' "$1" | base64 -d > "$t/sig"
again() { base64 < "$1" | tr -d '\n'; }
printf '{"payload":"%s","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"sha256:%s","sig":"%s"}]}\n' "$(again "$t/payload")" "$id" "$(again "$t/sig")" | cmp -s - "$1" || fail "not in its one spelling, or signed with another key than this certificate's"
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < "$t/payload")"; cat "$t/payload"; } > "$t/signed"
openssl dgst -sha256 -verify "$t/key" -signature "$t/sig" "$t/signed" > /dev/null 2>&1 || fail "the signature does not hold"
echo "VERIFIED. SHA-256 of the statement: $(openssl dgst -sha256 -r "$t/payload" | sed 's/ .*//')"
openssl x509 -in "$2" -noout -subject -fingerprint -sha256
