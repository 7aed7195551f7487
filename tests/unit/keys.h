/*
 * keys.h: SSH public keys that ssh-keygen made (those of security tokens by hand), the certificates
 * that it signed of them, and their fingerprints as ssh-keygen -l prints them. The private keys are
 * gone.
 */
#ifndef KEYS_H
#define KEYS_H

#define KEY_ED25519                                                                                \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPPhwRMsOuQfLaAIKDjKJ1kKBV0cAKG7QRo61H3jlt2C"
#define CERT_ED25519                                                                               \
	"ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAILD" \
	"Xi+tcaq51XwF6+eLi9Yj67TFJ650rZB3Bxw2pm3lJAAAAIPPhwRMsOuQfLaAIKDjKJ1kKBV0cAKG7QRo61H3jlt2" \
	"CAAAAAAAAAAcAAAABAAAABHRlc3QAAAAQAAAABWFsaWNlAAAAA2JvYgAAAAAAAAAA//////////8AAAAAAAAAggA" \
	"AABVwZXJtaXQtWDExLWZvcndhcmRpbmcAAAAAAAAAF3Blcm1pdC1hZ2VudC1mb3J3YXJkaW5nAAAAAAAAABZwZXJ" \
	"taXQtcG9ydC1mb3J3YXJkaW5nAAAAAAAAAApwZXJtaXQtcHR5AAAAAAAAAA5wZXJtaXQtdXNlci1yYwAAAAAAAAA" \
	"AAAAAMwAAAAtzc2gtZWQyNTUxOQAAACD9+P+YCArzzOWoZpHePpqRoxt1aMXMH7xvs6cC/yKzkgAAAFMAAAALc3N" \
	"oLWVkMjU1MTkAAABAuFr9vZ5QiRgCEbwoGgEtJq4fhzBeyfhq+AYjE1kjqTKGFwGpwaQ+2zS8Gx1LUQP27warr8h" \
	"RJu8EFJ0XBoquBg=="
#define PRINT_ED25519 "SHA256:LVv5y8O4LZfqf5gEQE2IuWLcCFC5wB7dPKeO8Hccnl8"

#define KEY_RSA                                                                                    \
	"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCsXRMjZhyIZNolPvZd33rnQHytJ4V+rGmlfdGYD7Cp/66ZtB8e" \
	"yrSwjxXfG3ytWUBlEIlfT8o7MTGaXKQuHbBvrPkKHusj8GvieoXlLZn13rvN1nUTb3LEmv2nTOLNHLronCM2SNoF" \
	"YK3fJAieA7yfAPKvRT8WRB/hHRiP5KbuSOXQA817BpqIEn1UOl5hZtDNfFyuifBrAdR3LqFmFQoDMF9hwmv9fWj9" \
	"ZMehjWSpg988NQUml6Y4phxbTTIZE2J0uchUtpuW28rxMT2y5VgjIRZ+Ma+ukaAsqEpxTxR/iNtcidS9SEWKFbFN" \
	"1h/mwB/nQRIK4zRLfM7UMVExC8GT"
#define CERT_RSA                                                                                   \
	"ssh-rsa-cert-v01@openssh.com AAAAHHNzaC1yc2EtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgLgc7UBvXzBc" \
	"shPpNFsdJCc+uck/ICZ4OznquVpCS//gAAAADAQABAAABAQCsXRMjZhyIZNolPvZd33rnQHytJ4V+rGmlfdGYD7C" \
	"p/66ZtB8eyrSwjxXfG3ytWUBlEIlfT8o7MTGaXKQuHbBvrPkKHusj8GvieoXlLZn13rvN1nUTb3LEmv2nTOLNHLr" \
	"onCM2SNoFYK3fJAieA7yfAPKvRT8WRB/hHRiP5KbuSOXQA817BpqIEn1UOl5hZtDNfFyuifBrAdR3LqFmFQoDMF9" \
	"hwmv9fWj9ZMehjWSpg988NQUml6Y4phxbTTIZE2J0uchUtpuW28rxMT2y5VgjIRZ+Ma+ukaAsqEpxTxR/iNtcidS" \
	"9SEWKFbFN1h/mwB/nQRIK4zRLfM7UMVExC8GTAAAAAAAAAAcAAAABAAAABHRlc3QAAAAQAAAABWFsaWNlAAAAA2J" \
	"vYgAAAAAAAAAA//////////8AAAAAAAAAggAAABVwZXJtaXQtWDExLWZvcndhcmRpbmcAAAAAAAAAF3Blcm1pdC1" \
	"hZ2VudC1mb3J3YXJkaW5nAAAAAAAAABZwZXJtaXQtcG9ydC1mb3J3YXJkaW5nAAAAAAAAAApwZXJtaXQtcHR5AAA" \
	"AAAAAAA5wZXJtaXQtdXNlci1yYwAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACD9+P+YCArzzOWoZpHePpq" \
	"Roxt1aMXMH7xvs6cC/yKzkgAAAFMAAAALc3NoLWVkMjU1MTkAAABAhwivs4y4/GThR0izZ4sS5ty1kbnTQtOi4Vz" \
	"xm+Bj3TGjW1K5V+OLBMZHr+7QsGpbDnDMEvHsxd5iwK+4s06ABg=="
#define PRINT_RSA "SHA256:zsMyr+3+GNg60n/nqKlHFh15TV/wf5YhXp7/j/mtl8M"

#define KEY_ECDSA256                                                                               \
	"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBPwKqAccBD8Tahnd" \
	"4n3l/E8R+47Ubs/aD8wJsA8rx0Qf+hrFsb9seCsy5DslwYpHr5Y7gUvv+vH9Jooo7DIvI8k="
#define CERT_ECDSA256                                                                              \
	"ecdsa-sha2-nistp256-cert-v01@openssh.com AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3B" \
	"lbnNzaC5jb20AAAAgP5oq83s5rmLiWmc8RuNF3mtM+kEWH0jZSUKIplJxdjYAAAAIbmlzdHAyNTYAAABBBPwKqAc" \
	"cBD8Tahnd4n3l/E8R+47Ubs/aD8wJsA8rx0Qf+hrFsb9seCsy5DslwYpHr5Y7gUvv+vH9Jooo7DIvI8kAAAAAAAA" \
	"ABwAAAAEAAAAEdGVzdAAAABAAAAAFYWxpY2UAAAADYm9iAAAAAAAAAAD//////////wAAAAAAAACCAAAAFXBlcm1" \
	"pdC1YMTEtZm9yd2FyZGluZwAAAAAAAAAXcGVybWl0LWFnZW50LWZvcndhcmRpbmcAAAAAAAAAFnBlcm1pdC1wb3J" \
	"0LWZvcndhcmRpbmcAAAAAAAAACnBlcm1pdC1wdHkAAAAAAAAADnBlcm1pdC11c2VyLXJjAAAAAAAAAAAAAAAzAAA" \
	"AC3NzaC1lZDI1NTE5AAAAIP34/5gICvPM5ahmkd4+mpGjG3VoxcwfvG+zpwL/IrOSAAAAUwAAAAtzc2gtZWQyNTU" \
	"xOQAAAECBXC0yVu4Em909+2CzvUsizcG4v18BK59yB6TMhAfqMfEB7ZaJ4oZUVUu6Xkda1EHtWRJboi5URFxTDnQ" \
	"5GJIM"
#define PRINT_ECDSA256 "SHA256:z7c+ND+aevHZzD5P1WxCgfdi/pOSq1p3p9eJi5LS1j8"

#define KEY_ECDSA384                                                                               \
	"ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBLj7/JCyBdZXZN0l" \
	"GHny/rNHvan55odm0DbUMiPTk26Fo32beK+uhm0o47Cj67VWWqjmShi2sEO6Y2HbxDpKsGgDJoh0+oGlU6Za3qCB" \
	"U2REje4TJaEwftJDpZYzitYagw=="
#define CERT_ECDSA384                                                                              \
	"ecdsa-sha2-nistp384-cert-v01@openssh.com AAAAKGVjZHNhLXNoYTItbmlzdHAzODQtY2VydC12MDFAb3B" \
	"lbnNzaC5jb20AAAAgzd6VqgxtdvPj2+qgSXVV8yW9QQyzVyR5cTZDOP3XwwkAAAAIbmlzdHAzODQAAABhBLj7/JC" \
	"yBdZXZN0lGHny/rNHvan55odm0DbUMiPTk26Fo32beK+uhm0o47Cj67VWWqjmShi2sEO6Y2HbxDpKsGgDJoh0+oG" \
	"lU6Za3qCBU2REje4TJaEwftJDpZYzitYagwAAAAAAAAAHAAAAAQAAAAR0ZXN0AAAAEAAAAAVhbGljZQAAAANib2I" \
	"AAAAAAAAAAP//////////AAAAAAAAAIIAAAAVcGVybWl0LVgxMS1mb3J3YXJkaW5nAAAAAAAAABdwZXJtaXQtYWd" \
	"lbnQtZm9yd2FyZGluZwAAAAAAAAAWcGVybWl0LXBvcnQtZm9yd2FyZGluZwAAAAAAAAAKcGVybWl0LXB0eQAAAAA" \
	"AAAAOcGVybWl0LXVzZXItcmMAAAAAAAAAAAAAADMAAAALc3NoLWVkMjU1MTkAAAAg/fj/mAgK88zlqGaR3j6akaM" \
	"bdWjFzB+8b7OnAv8is5IAAABTAAAAC3NzaC1lZDI1NTE5AAAAQMBoCigIKf3usufdjDyHIY3BMVq7nDfDAGpo2+a" \
	"tNktr3kkYbQZjGckouS/RI7UBFk2t9UI87mwDUBD06afvBQU="
#define PRINT_ECDSA384 "SHA256:HUgrHvbZL8JFn/oVXSUeGWHk0f8snGYlKQiLLz7o1bg"

#define KEY_ECDSA521                                                                               \
	"ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAHYS/tjgXpxb+/J" \
	"mEr7HCYhkUuXvprg+3qW8Nr/TVSYb3222uSReOEtMoc/LQTxLxNd36NuWwGH3x+VfOkVHWjW6QDgG+ycNoZVl7vg" \
	"VSVgkVVoHbnmn8V8zQamr4Q8YyzjQCx/zdBXGosLEEcgnSIa+QP8yQhUR+cTlR/Vppwea6lyIw=="
#define CERT_ECDSA521                                                                              \
	"ecdsa-sha2-nistp521-cert-v01@openssh.com AAAAKGVjZHNhLXNoYTItbmlzdHA1MjEtY2VydC12MDFAb3B" \
	"lbnNzaC5jb20AAAAgNQW08YtHwGQxCXpPVyoqA5TckkD+WkG5bYB5cNnYA44AAAAIbmlzdHA1MjEAAACFBAHYS/t" \
	"jgXpxb+/JmEr7HCYhkUuXvprg+3qW8Nr/TVSYb3222uSReOEtMoc/LQTxLxNd36NuWwGH3x+VfOkVHWjW6QDgG+y" \
	"cNoZVl7vgVSVgkVVoHbnmn8V8zQamr4Q8YyzjQCx/zdBXGosLEEcgnSIa+QP8yQhUR+cTlR/Vppwea6lyIwAAAAA" \
	"AAAAHAAAAAQAAAAR0ZXN0AAAAEAAAAAVhbGljZQAAAANib2IAAAAAAAAAAP//////////AAAAAAAAAIIAAAAVcGV" \
	"ybWl0LVgxMS1mb3J3YXJkaW5nAAAAAAAAABdwZXJtaXQtYWdlbnQtZm9yd2FyZGluZwAAAAAAAAAWcGVybWl0LXB" \
	"vcnQtZm9yd2FyZGluZwAAAAAAAAAKcGVybWl0LXB0eQAAAAAAAAAOcGVybWl0LXVzZXItcmMAAAAAAAAAAAAAADM" \
	"AAAALc3NoLWVkMjU1MTkAAAAg/fj/mAgK88zlqGaR3j6akaMbdWjFzB+8b7OnAv8is5IAAABTAAAAC3NzaC1lZDI" \
	"1NTE5AAAAQDttkP4IIINQIrDEZG3cYajvabjrIKVF6Rdd4EoyHD8qmpcIdw8Unu25cwn4vX0H2dHnkpKWoE+Q/Fd" \
	"bd4k7HwA="
#define PRINT_ECDSA521 "SHA256:KiwdXnDZL3UST+LKctgUXCnDcJnb3oM8ouL7cogsw3I"

#define KEY_SK_ED25519                                                                             \
	"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIBuovYCkGECfj8w8b" \
	"ihuLQLZ1jK+vUui6z8XG4A1MpX/AAAABHNzaDo="
#define CERT_SK_ED25519                                                                            \
	"sk-ssh-ed25519-cert-v01@openssh.com AAAAI3NrLXNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t" \
	"AAAAIOUPaGNkODzksqcgtFVO3WzqLUGiVantduu+uWr+3Q2yAAAAIBuovYCkGECfj8w8bihuLQLZ1jK+vUui6z8X" \
	"G4A1MpX/AAAABHNzaDoAAAAAAAAABwAAAAEAAAAEdGVzdAAAABAAAAAFYWxpY2UAAAADYm9iAAAAAAAAAAD/////" \
	"/////wAAAAAAAACCAAAAFXBlcm1pdC1YMTEtZm9yd2FyZGluZwAAAAAAAAAXcGVybWl0LWFnZW50LWZvcndhcmRp" \
	"bmcAAAAAAAAAFnBlcm1pdC1wb3J0LWZvcndhcmRpbmcAAAAAAAAACnBlcm1pdC1wdHkAAAAAAAAADnBlcm1pdC11" \
	"c2VyLXJjAAAAAAAAAAAAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIP34/5gICvPM5ahmkd4+mpGjG3VoxcwfvG+zpwL/" \
	"IrOSAAAAUwAAAAtzc2gtZWQyNTUxOQAAAEA2CUuUEZvI0Ej0wz+TWr8YE/pGKu00qDCXpYL7Pg5/e6g2SMcgnupy" \
	"bZf3P0O5Ez56F+NXJ0sKxuhpwBWgZ3wD"
#define PRINT_SK_ED25519 "SHA256:2H3nZmWSOmheD2BkYPbwUjqwXQqaYq5iO48hwMKt9cs"

#define KEY_SK_ECDSA                                                                               \
	"sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AA" \
	"AAIbmlzdHAyNTYAAABBBPwKqAccBD8Tahnd4n3l/E8R+47Ubs/aD8wJsA8rx0Qf+hrFsb9seCsy5DslwYpHr5Y7g" \
	"Uvv+vH9Jooo7DIvI8kAAAAEc3NoOg=="
#define CERT_SK_ECDSA                                                                              \
	"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com AAAAK3NrLWVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12" \
	"MDFAb3BlbnNzaC5jb20AAAAg+YC9bApLWRBEU9vgpe6NUJDZitC25jxLgHYAV8Tt0SUAAAAIbmlzdHAyNTYAAABB" \
	"BPwKqAccBD8Tahnd4n3l/E8R+47Ubs/aD8wJsA8rx0Qf+hrFsb9seCsy5DslwYpHr5Y7gUvv+vH9Jooo7DIvI8kA" \
	"AAAEc3NoOgAAAAAAAAAHAAAAAQAAAAR0ZXN0AAAAEAAAAAVhbGljZQAAAANib2IAAAAAAAAAAP//////////AAAA" \
	"AAAAAIIAAAAVcGVybWl0LVgxMS1mb3J3YXJkaW5nAAAAAAAAABdwZXJtaXQtYWdlbnQtZm9yd2FyZGluZwAAAAAA" \
	"AAAWcGVybWl0LXBvcnQtZm9yd2FyZGluZwAAAAAAAAAKcGVybWl0LXB0eQAAAAAAAAAOcGVybWl0LXVzZXItcmMA" \
	"AAAAAAAAAAAAADMAAAALc3NoLWVkMjU1MTkAAAAg/fj/mAgK88zlqGaR3j6akaMbdWjFzB+8b7OnAv8is5IAAABT" \
	"AAAAC3NzaC1lZDI1NTE5AAAAQIifkudEmCmYJgjSJeU/PVpt1ZtrcJngXxPxzA3jfm797xMrvYjgoojKT6BLgO5D" \
	"Xfa9Uo3QzrqLL2yeOS941w0="
#define PRINT_SK_ECDSA "SHA256:L6O8f1RoZiodtv8D5ZRoH74LgX6h3CosiIeZ6XZbFbU"

/* Of the authority that signed the certificates. */
#define PRINT_CA "SHA256:1rv/CohKZFpj+SesAxUMWCAzBJfa5GBU1Xr3T4g2HPY"

#endif
