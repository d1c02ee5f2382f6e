// A pass-through external processor: the least that Envoy's ext_proc can be answered with in Go.
package main

import (
	"io"
	"net"
	"os"

	extproc "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	health_v1 "google.golang.org/grpc/health/grpc_health_v1"
)

type echo struct {
	extproc.UnimplementedExternalProcessorServer
}

func streamed(body *extproc.HttpBody) *extproc.BodyResponse {
	return &extproc.BodyResponse{Response: &extproc.CommonResponse{BodyMutation: &extproc.BodyMutation{
		Mutation: &extproc.BodyMutation_StreamedResponse{StreamedResponse: &extproc.StreamedBodyResponse{
			Body: body.Body, EndOfStream: body.EndOfStream}}}}}
}

func (echo) Process(stream extproc.ExternalProcessor_ProcessServer) error {
	for {
		request, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		response := &extproc.ProcessingResponse{}
		switch message := request.Request.(type) {
		case *extproc.ProcessingRequest_RequestHeaders:
			response.Response = &extproc.ProcessingResponse_RequestHeaders{RequestHeaders: &extproc.HeadersResponse{Response: &extproc.CommonResponse{}}}
		case *extproc.ProcessingRequest_ResponseHeaders:
			response.Response = &extproc.ProcessingResponse_ResponseHeaders{ResponseHeaders: &extproc.HeadersResponse{Response: &extproc.CommonResponse{}}}
		case *extproc.ProcessingRequest_RequestBody:
			response.Response = &extproc.ProcessingResponse_RequestBody{RequestBody: streamed(message.RequestBody)}
		case *extproc.ProcessingRequest_ResponseBody:
			response.Response = &extproc.ProcessingResponse_ResponseBody{ResponseBody: streamed(message.ResponseBody)}
		case *extproc.ProcessingRequest_RequestTrailers:
			response.Response = &extproc.ProcessingResponse_RequestTrailers{RequestTrailers: &extproc.TrailersResponse{}}
		case *extproc.ProcessingRequest_ResponseTrailers:
			response.Response = &extproc.ProcessingResponse_ResponseTrailers{ResponseTrailers: &extproc.TrailersResponse{}}
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}

func main() {
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString("ready\n")
	server := grpc.NewServer()
	extproc.RegisterExternalProcessorServer(server, echo{})
	alive := health.NewServer()
	alive.SetServingStatus("envoy.service.ext_proc.v3.ExternalProcessor", health_v1.HealthCheckResponse_SERVING)
	health_v1.RegisterHealthServer(server, alive)
	if err := server.Serve(listener); err != nil {
		panic(err)
	}
}
