module meshfed.invalid/tools/istio-charts

go 1.26

require (
	istio.io/api v1.31.1
	istio.io/istio v0.0.0-20260827124520-eed52ebb66ad
)
