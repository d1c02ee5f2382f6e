# Both images for both architectures, each with its provenance and a bill of materials: docker buildx bake
variable "VERSION" { default = "0.1.0" }
variable "REGISTRY" { default = "" }

group "default" { targets = ["sallyport", "demo"] }

target "base" {
  context    = "."
  dockerfile = "deploy/Dockerfile"
  platforms  = ["linux/amd64", "linux/arm64"]
  attest     = ["type=provenance,mode=max", "type=sbom"]
}

target "sallyport" {
  inherits = ["base"]
  target   = "sallyport"
  tags     = ["${REGISTRY}sallyport:${VERSION}"]
}

target "demo" {
  inherits = ["base"]
  target   = "demo"
  tags     = ["${REGISTRY}sallyport-demo:${VERSION}"]
}
