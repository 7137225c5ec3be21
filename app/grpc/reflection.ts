/**
 * Server reflection, so that grpcurl and its like need no proto. The descriptors are those inside the generated code, and
 * are indexed when somebody first asks. Version 1 and version 1 alpha have the same messages; old clients know the latter.
 * https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
import { create, toBinary, type DescFile, type DescService, type MessageInitShape } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status, type ServerDuplexStream } from '@grpc/grpc-js';

import { file_google_rpc_error_details } from './generated/google/rpc/error_details_pb.js';
import {
  ServerReflection,
  ServerReflectionResponseSchema,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from './generated/grpc/reflection/v1/reflection_pb.js';
import { defineService, endStream, takeRequests, type Service } from './service.ts';
import { CallError } from './status.ts';

type Call = ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>;
type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>;

const V1_ALPHA = { ...ServerReflection, typeName: 'grpc.reflection.v1alpha.ServerReflection' };

/** @param described the services that are told of */
export function reflectionServices(described: readonly DescService[]): Service[] {
  let index: DescriptorIndex | undefined;
  const calls = new Set<Call>();
  const serverReflectionInfo = (call: Call) => {
    calls.add(call);
    call.once('cancelled', () => calls.delete(call));
    takeRequests(call, (request) => {
      index ??= new DescriptorIndex(described);
      const messageResponse = answer(index, request.messageRequest);
      const goesOn = call.write(create(ServerReflectionResponseSchema, { originalRequest: request, messageResponse }));
      // Who does not read answers is asked for no more questions, or the answers would pile up.
      if (!goesOn) call.pause();
    });
    call.on('drain', () => call.resume());
    call.once('end', () => call.end());
  };
  const endStreams = () => {
    for (const call of calls) endStream(call, new CallError(status.UNAVAILABLE, 'The server is shutting down'));
  };
  return [ServerReflection, V1_ALPHA].map((descriptor) =>
    defineService(descriptor, { serverReflectionInfo }, { endStreams }),
  );
}

function answer(index: DescriptorIndex, request: ServerReflectionRequest['messageRequest']): Answer {
  switch (request.case) {
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: index.services.map((name) => ({ name })) } };
    case 'fileByFilename':
      return describeFile(index, index.filesByName.get(request.value), request.value);
    case 'fileContainingSymbol':
      return describeFile(index, index.findSymbol(request.value), request.value);
    case 'fileContainingExtension':
      return notFound(`${request.value.containingType}, extension ${request.value.extensionNumber}`);
    case 'allExtensionNumbersOfType':
      return index.findSymbol(request.value)
        ? { case: 'allExtensionNumbersResponse', value: { baseTypeName: request.value } }
        : notFound(request.value);
    case undefined:
    default:
      return refuse(status.INVALID_ARGUMENT, 'Expected a request that version 1 of reflection has, got none');
  }
}

/** A file comes with all that it imports, so that one question does. */
function describeFile(index: DescriptorIndex, file: DescFile | undefined, asked: string): Answer {
  if (!file) return notFound(asked);
  const fileDescriptorProto = Array.from(withImports(file), (one) => index.encode(one));
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
}

function notFound(asked: string): Answer {
  return refuse(status.NOT_FOUND, `Expected a name that this server has, got ${JSON.stringify(asked)}`);
}

function refuse(errorCode: status, errorMessage: string): Answer {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}

function withImports(file: DescFile, files = new Set<DescFile>()): Set<DescFile> {
  files.add(file);
  for (const imported of file.dependencies) if (!files.has(imported)) withImports(imported, files);
  return files;
}

/** What the services' files have, and the details of errors, which no file of theirs mentions. */
class DescriptorIndex {
  readonly services: readonly string[];
  readonly filesByName = new Map<string, DescFile>();
  readonly #filesByType = new Map<string, DescFile>();
  readonly #encoded = new Map<DescFile, Uint8Array>();

  constructor(described: readonly DescService[]) {
    this.services = described.map(({ typeName }) => typeName);
    const files = [...described.map(({ file }) => file), file_google_rpc_error_details];
    for (const file of files.reduce((all, named) => withImports(named, all), new Set<DescFile>())) {
      this.filesByName.set(file.proto.name, file);
      for (const type of nestedTypes(file)) this.#filesByType.set(type.typeName, file);
    }
  }

  /** Encodes a file's descriptor when it is first asked for, and answers with the same bytes from then on. */
  encode(file: DescFile): Uint8Array {
    const known = this.#encoded.get(file);
    if (known) return known;
    const encoded = toBinary(FileDescriptorProtoSchema, file.proto);
    this.#encoded.set(file, encoded);
    return encoded;
  }

  /** @param symbol a type, a service, or a method or field inside one */
  findSymbol(symbol: string): DescFile | undefined {
    return (
      this.#filesByType.get(symbol) ?? this.#filesByType.get(symbol.slice(0, Math.max(0, symbol.lastIndexOf('.'))))
    );
  }
}
