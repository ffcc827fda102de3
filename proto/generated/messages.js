/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars*/
import * as $protobuf from "protobufjs/minimal";

const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;

const $root = $protobuf.roots["default"] || ($protobuf.roots["default"] = {});

export const cntnr = $root.cntnr = (() => {

    const cntnr = {};

    cntnr.netd = (function() {

        const netd = {};

        netd.v1 = (function() {

            const v1 = {};

            v1.AttachRequest = (function() {

                function AttachRequest(properties) {
                    this.addresses = [];
                    this.ports = [];
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                AttachRequest.prototype.network = "";
                AttachRequest.prototype.netnsFd = 0;
                AttachRequest.prototype.leaseFd = 0;
                AttachRequest.prototype["interface"] = "";
                AttachRequest.prototype.idempotencyKey = "";
                AttachRequest.prototype.checkOnly = false;
                AttachRequest.prototype.addresses = $util.emptyArray;
                AttachRequest.prototype.mac = "";
                AttachRequest.prototype.ports = $util.emptyArray;

                AttachRequest.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    if (message.network != null && Object.hasOwnProperty.call(message, "network"))
                        writer.uint32(10).string(message.network);
                    if (message.netnsFd != null && Object.hasOwnProperty.call(message, "netnsFd"))
                        writer.uint32(16).uint32(message.netnsFd);
                    if (message.leaseFd != null && Object.hasOwnProperty.call(message, "leaseFd"))
                        writer.uint32(24).uint32(message.leaseFd);
                    if (message["interface"] != null && Object.hasOwnProperty.call(message, "interface"))
                        writer.uint32(34).string(message["interface"]);
                    if (message.idempotencyKey != null && Object.hasOwnProperty.call(message, "idempotencyKey"))
                        writer.uint32(42).string(message.idempotencyKey);
                    if (message.checkOnly != null && Object.hasOwnProperty.call(message, "checkOnly"))
                        writer.uint32(48).bool(message.checkOnly);
                    if (message.addresses != null && message.addresses.length)
                        for (let i = 0; i < message.addresses.length; ++i)
                            writer.uint32(58).string(message.addresses[i]);
                    if (message.mac != null && Object.hasOwnProperty.call(message, "mac"))
                        writer.uint32(66).string(message.mac);
                    if (message.ports != null && message.ports.length)
                        for (let i = 0; i < message.ports.length; ++i)
                            $root.cntnr.netd.v1.PublishedPort.encode(message.ports[i], writer.uint32(74).fork(), q + 1).ldelim();
                    return writer;
                };

                AttachRequest.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.AttachRequest();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        case 1: {
                                message.network = reader.string();
                                break;
                            }
                        case 2: {
                                message.netnsFd = reader.uint32();
                                break;
                            }
                        case 3: {
                                message.leaseFd = reader.uint32();
                                break;
                            }
                        case 4: {
                                message["interface"] = reader.string();
                                break;
                            }
                        case 5: {
                                message.idempotencyKey = reader.string();
                                break;
                            }
                        case 6: {
                                message.checkOnly = reader.bool();
                                break;
                            }
                        case 7: {
                                if (!(message.addresses && message.addresses.length))
                                    message.addresses = [];
                                message.addresses.push(reader.string());
                                break;
                            }
                        case 8: {
                                message.mac = reader.string();
                                break;
                            }
                        case 9: {
                                if (!(message.ports && message.ports.length))
                                    message.ports = [];
                                message.ports.push($root.cntnr.netd.v1.PublishedPort.decode(reader, reader.uint32(), undefined, long + 1));
                                break;
                            }
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                AttachRequest.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.AttachRequest)
                        return object;
                    if (!$util.isObject(object))
                        throw TypeError(".cntnr.netd.v1.AttachRequest: object expected");
                    if (long === undefined)
                        long = 0;
                    if (long > $util.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let message = new $root.cntnr.netd.v1.AttachRequest();
                    if (object.network != null)
                        message.network = String(object.network);
                    if (object.netnsFd != null)
                        message.netnsFd = object.netnsFd >>> 0;
                    if (object.leaseFd != null)
                        message.leaseFd = object.leaseFd >>> 0;
                    if (object["interface"] != null)
                        message["interface"] = String(object["interface"]);
                    if (object.idempotencyKey != null)
                        message.idempotencyKey = String(object.idempotencyKey);
                    if (object.checkOnly != null)
                        message.checkOnly = Boolean(object.checkOnly);
                    if (object.addresses) {
                        if (!Array.isArray(object.addresses))
                            throw TypeError(".cntnr.netd.v1.AttachRequest.addresses: array expected");
                        message.addresses = [];
                        for (let i = 0; i < object.addresses.length; ++i)
                            message.addresses[i] = String(object.addresses[i]);
                    }
                    if (object.mac != null)
                        message.mac = String(object.mac);
                    if (object.ports) {
                        if (!Array.isArray(object.ports))
                            throw TypeError(".cntnr.netd.v1.AttachRequest.ports: array expected");
                        message.ports = [];
                        for (let i = 0; i < object.ports.length; ++i) {
                            if (!$util.isObject(object.ports[i]))
                                throw TypeError(".cntnr.netd.v1.AttachRequest.ports: object expected");
                            message.ports[i] = $root.cntnr.netd.v1.PublishedPort.fromObject(object.ports[i], long + 1);
                        }
                    }
                    return message;
                };

                AttachRequest.toObject = function toObject(message, options, q) {
                    if (!options)
                        options = {};
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    let object = {};
                    if (options.arrays || options.defaults) {
                        object.addresses = [];
                        object.ports = [];
                    }
                    if (options.defaults) {
                        object.network = "";
                        object.netnsFd = 0;
                        object.leaseFd = 0;
                        object["interface"] = "";
                        object.idempotencyKey = "";
                        object.checkOnly = false;
                        object.mac = "";
                    }
                    if (message.network != null && Object.hasOwnProperty.call(message, "network"))
                        object.network = message.network;
                    if (message.netnsFd != null && Object.hasOwnProperty.call(message, "netnsFd"))
                        object.netnsFd = message.netnsFd;
                    if (message.leaseFd != null && Object.hasOwnProperty.call(message, "leaseFd"))
                        object.leaseFd = message.leaseFd;
                    if (message["interface"] != null && Object.hasOwnProperty.call(message, "interface"))
                        object["interface"] = message["interface"];
                    if (message.idempotencyKey != null && Object.hasOwnProperty.call(message, "idempotencyKey"))
                        object.idempotencyKey = message.idempotencyKey;
                    if (message.checkOnly != null && Object.hasOwnProperty.call(message, "checkOnly"))
                        object.checkOnly = message.checkOnly;
                    if (message.addresses && message.addresses.length) {
                        object.addresses = [];
                        for (let j = 0; j < message.addresses.length; ++j)
                            object.addresses[j] = message.addresses[j];
                    }
                    if (message.mac != null && Object.hasOwnProperty.call(message, "mac"))
                        object.mac = message.mac;
                    if (message.ports && message.ports.length) {
                        object.ports = [];
                        for (let j = 0; j < message.ports.length; ++j)
                            object.ports[j] = $root.cntnr.netd.v1.PublishedPort.toObject(message.ports[j], options, q + 1);
                    }
                    return object;
                };

                AttachRequest.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return AttachRequest;
            })();

            v1.PublishedPort = (function() {

                function PublishedPort(properties) {
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                PublishedPort.prototype.hostIp = "";
                PublishedPort.prototype.hostPort = 0;
                PublishedPort.prototype.containerPort = 0;
                PublishedPort.prototype.protocol = 0;

                PublishedPort.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    if (message.hostIp != null && Object.hasOwnProperty.call(message, "hostIp"))
                        writer.uint32(10).string(message.hostIp);
                    if (message.hostPort != null && Object.hasOwnProperty.call(message, "hostPort"))
                        writer.uint32(16).uint32(message.hostPort);
                    if (message.containerPort != null && Object.hasOwnProperty.call(message, "containerPort"))
                        writer.uint32(24).uint32(message.containerPort);
                    if (message.protocol != null && Object.hasOwnProperty.call(message, "protocol"))
                        writer.uint32(32).int32(message.protocol);
                    return writer;
                };

                PublishedPort.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.PublishedPort();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        case 1: {
                                message.hostIp = reader.string();
                                break;
                            }
                        case 2: {
                                message.hostPort = reader.uint32();
                                break;
                            }
                        case 3: {
                                message.containerPort = reader.uint32();
                                break;
                            }
                        case 4: {
                                message.protocol = reader.int32();
                                break;
                            }
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                PublishedPort.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.PublishedPort)
                        return object;
                    if (!$util.isObject(object))
                        throw TypeError(".cntnr.netd.v1.PublishedPort: object expected");
                    if (long === undefined)
                        long = 0;
                    if (long > $util.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let message = new $root.cntnr.netd.v1.PublishedPort();
                    if (object.hostIp != null)
                        message.hostIp = String(object.hostIp);
                    if (object.hostPort != null)
                        message.hostPort = object.hostPort >>> 0;
                    if (object.containerPort != null)
                        message.containerPort = object.containerPort >>> 0;
                    switch (object.protocol) {
                    default:
                        if (typeof object.protocol === "number") {
                            message.protocol = object.protocol;
                            break;
                        }
                        break;
                    case "PROTOCOL_UNSPECIFIED":
                    case 0:
                        message.protocol = 0;
                        break;
                    case "PROTOCOL_TCP":
                    case 1:
                        message.protocol = 1;
                        break;
                    case "PROTOCOL_UDP":
                    case 2:
                        message.protocol = 2;
                        break;
                    case "PROTOCOL_SCTP":
                    case 3:
                        message.protocol = 3;
                        break;
                    }
                    return message;
                };

                PublishedPort.toObject = function toObject(message, options, q) {
                    if (!options)
                        options = {};
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    let object = {};
                    if (options.defaults) {
                        object.hostIp = "";
                        object.hostPort = 0;
                        object.containerPort = 0;
                        object.protocol = options.enums === String ? "PROTOCOL_UNSPECIFIED" : 0;
                    }
                    if (message.hostIp != null && Object.hasOwnProperty.call(message, "hostIp"))
                        object.hostIp = message.hostIp;
                    if (message.hostPort != null && Object.hasOwnProperty.call(message, "hostPort"))
                        object.hostPort = message.hostPort;
                    if (message.containerPort != null && Object.hasOwnProperty.call(message, "containerPort"))
                        object.containerPort = message.containerPort;
                    if (message.protocol != null && Object.hasOwnProperty.call(message, "protocol"))
                        object.protocol = options.enums === String ? $root.cntnr.netd.v1.Protocol[message.protocol] === undefined ? message.protocol : $root.cntnr.netd.v1.Protocol[message.protocol] : message.protocol;
                    return object;
                };

                PublishedPort.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return PublishedPort;
            })();

            v1.Protocol = (function() {
                const valuesById = {}, values = Object.create(valuesById);
                values[valuesById[0] = "PROTOCOL_UNSPECIFIED"] = 0;
                values[valuesById[1] = "PROTOCOL_TCP"] = 1;
                values[valuesById[2] = "PROTOCOL_UDP"] = 2;
                values[valuesById[3] = "PROTOCOL_SCTP"] = 3;
                return values;
            })();

            v1.AttachResponse = (function() {

                function AttachResponse(properties) {
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                AttachResponse.prototype.attachment = null;

                AttachResponse.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    if (message.attachment != null && Object.hasOwnProperty.call(message, "attachment"))
                        $root.cntnr.netd.v1.Attachment.encode(message.attachment, writer.uint32(10).fork(), q + 1).ldelim();
                    return writer;
                };

                AttachResponse.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.AttachResponse();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        case 1: {
                                message.attachment = $root.cntnr.netd.v1.Attachment.decode(reader, reader.uint32(), undefined, long + 1);
                                break;
                            }
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                AttachResponse.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.AttachResponse)
                        return object;
                    if (!$util.isObject(object))
                        throw TypeError(".cntnr.netd.v1.AttachResponse: object expected");
                    if (long === undefined)
                        long = 0;
                    if (long > $util.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let message = new $root.cntnr.netd.v1.AttachResponse();
                    if (object.attachment != null) {
                        if (!$util.isObject(object.attachment))
                            throw TypeError(".cntnr.netd.v1.AttachResponse.attachment: object expected");
                        message.attachment = $root.cntnr.netd.v1.Attachment.fromObject(object.attachment, long + 1);
                    }
                    return message;
                };

                AttachResponse.toObject = function toObject(message, options, q) {
                    if (!options)
                        options = {};
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    let object = {};
                    if (options.defaults)
                        object.attachment = null;
                    if (message.attachment != null && Object.hasOwnProperty.call(message, "attachment"))
                        object.attachment = $root.cntnr.netd.v1.Attachment.toObject(message.attachment, options, q + 1);
                    return object;
                };

                AttachResponse.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return AttachResponse;
            })();

            v1.Attachment = (function() {

                function Attachment(properties) {
                    this.addresses = [];
                    this.gateways = [];
                    this.nameservers = [];
                    this.searchDomains = [];
                    this.ports = [];
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                Attachment.prototype.id = "";
                Attachment.prototype.network = "";
                Attachment.prototype["interface"] = "";
                Attachment.prototype.mac = "";
                Attachment.prototype.addresses = $util.emptyArray;
                Attachment.prototype.gateways = $util.emptyArray;
                Attachment.prototype.nameservers = $util.emptyArray;
                Attachment.prototype.searchDomains = $util.emptyArray;
                Attachment.prototype.createdAt = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Attachment.prototype.state = 0;
                Attachment.prototype.ports = $util.emptyArray;

                Attachment.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    if (message.id != null && Object.hasOwnProperty.call(message, "id"))
                        writer.uint32(10).string(message.id);
                    if (message.network != null && Object.hasOwnProperty.call(message, "network"))
                        writer.uint32(18).string(message.network);
                    if (message["interface"] != null && Object.hasOwnProperty.call(message, "interface"))
                        writer.uint32(26).string(message["interface"]);
                    if (message.mac != null && Object.hasOwnProperty.call(message, "mac"))
                        writer.uint32(34).string(message.mac);
                    if (message.addresses != null && message.addresses.length)
                        for (let i = 0; i < message.addresses.length; ++i)
                            writer.uint32(42).string(message.addresses[i]);
                    if (message.gateways != null && message.gateways.length)
                        for (let i = 0; i < message.gateways.length; ++i)
                            writer.uint32(50).string(message.gateways[i]);
                    if (message.nameservers != null && message.nameservers.length)
                        for (let i = 0; i < message.nameservers.length; ++i)
                            writer.uint32(58).string(message.nameservers[i]);
                    if (message.searchDomains != null && message.searchDomains.length)
                        for (let i = 0; i < message.searchDomains.length; ++i)
                            writer.uint32(66).string(message.searchDomains[i]);
                    if (message.createdAt != null && Object.hasOwnProperty.call(message, "createdAt"))
                        writer.uint32(72).int64(message.createdAt);
                    if (message.state != null && Object.hasOwnProperty.call(message, "state"))
                        writer.uint32(80).int32(message.state);
                    if (message.ports != null && message.ports.length)
                        for (let i = 0; i < message.ports.length; ++i)
                            $root.cntnr.netd.v1.PublishedPort.encode(message.ports[i], writer.uint32(90).fork(), q + 1).ldelim();
                    return writer;
                };

                Attachment.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.Attachment();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        case 1: {
                                message.id = reader.string();
                                break;
                            }
                        case 2: {
                                message.network = reader.string();
                                break;
                            }
                        case 3: {
                                message["interface"] = reader.string();
                                break;
                            }
                        case 4: {
                                message.mac = reader.string();
                                break;
                            }
                        case 5: {
                                if (!(message.addresses && message.addresses.length))
                                    message.addresses = [];
                                message.addresses.push(reader.string());
                                break;
                            }
                        case 6: {
                                if (!(message.gateways && message.gateways.length))
                                    message.gateways = [];
                                message.gateways.push(reader.string());
                                break;
                            }
                        case 7: {
                                if (!(message.nameservers && message.nameservers.length))
                                    message.nameservers = [];
                                message.nameservers.push(reader.string());
                                break;
                            }
                        case 8: {
                                if (!(message.searchDomains && message.searchDomains.length))
                                    message.searchDomains = [];
                                message.searchDomains.push(reader.string());
                                break;
                            }
                        case 9: {
                                message.createdAt = reader.int64();
                                break;
                            }
                        case 10: {
                                message.state = reader.int32();
                                break;
                            }
                        case 11: {
                                if (!(message.ports && message.ports.length))
                                    message.ports = [];
                                message.ports.push($root.cntnr.netd.v1.PublishedPort.decode(reader, reader.uint32(), undefined, long + 1));
                                break;
                            }
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                Attachment.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.Attachment)
                        return object;
                    if (!$util.isObject(object))
                        throw TypeError(".cntnr.netd.v1.Attachment: object expected");
                    if (long === undefined)
                        long = 0;
                    if (long > $util.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let message = new $root.cntnr.netd.v1.Attachment();
                    if (object.id != null)
                        message.id = String(object.id);
                    if (object.network != null)
                        message.network = String(object.network);
                    if (object["interface"] != null)
                        message["interface"] = String(object["interface"]);
                    if (object.mac != null)
                        message.mac = String(object.mac);
                    if (object.addresses) {
                        if (!Array.isArray(object.addresses))
                            throw TypeError(".cntnr.netd.v1.Attachment.addresses: array expected");
                        message.addresses = [];
                        for (let i = 0; i < object.addresses.length; ++i)
                            message.addresses[i] = String(object.addresses[i]);
                    }
                    if (object.gateways) {
                        if (!Array.isArray(object.gateways))
                            throw TypeError(".cntnr.netd.v1.Attachment.gateways: array expected");
                        message.gateways = [];
                        for (let i = 0; i < object.gateways.length; ++i)
                            message.gateways[i] = String(object.gateways[i]);
                    }
                    if (object.nameservers) {
                        if (!Array.isArray(object.nameservers))
                            throw TypeError(".cntnr.netd.v1.Attachment.nameservers: array expected");
                        message.nameservers = [];
                        for (let i = 0; i < object.nameservers.length; ++i)
                            message.nameservers[i] = String(object.nameservers[i]);
                    }
                    if (object.searchDomains) {
                        if (!Array.isArray(object.searchDomains))
                            throw TypeError(".cntnr.netd.v1.Attachment.searchDomains: array expected");
                        message.searchDomains = [];
                        for (let i = 0; i < object.searchDomains.length; ++i)
                            message.searchDomains[i] = String(object.searchDomains[i]);
                    }
                    if (object.createdAt != null)
                        if ($util.Long)
                            message.createdAt = $util.Long.fromValue(object.createdAt, false);
                        else if (typeof object.createdAt === "string")
                            message.createdAt = parseInt(object.createdAt, 10);
                        else if (typeof object.createdAt === "number")
                            message.createdAt = object.createdAt;
                        else if (typeof object.createdAt === "object")
                            message.createdAt = new $util.LongBits(object.createdAt.low >>> 0, object.createdAt.high >>> 0).toNumber();
                    switch (object.state) {
                    default:
                        if (typeof object.state === "number") {
                            message.state = object.state;
                            break;
                        }
                        break;
                    case "ATTACHMENT_STATE_UNSPECIFIED":
                    case 0:
                        message.state = 0;
                        break;
                    case "ATTACHMENT_STATE_ATTACHING":
                    case 1:
                        message.state = 1;
                        break;
                    case "ATTACHMENT_STATE_ATTACHED":
                    case 2:
                        message.state = 2;
                        break;
                    case "ATTACHMENT_STATE_DETACHING":
                    case 3:
                        message.state = 3;
                        break;
                    }
                    if (object.ports) {
                        if (!Array.isArray(object.ports))
                            throw TypeError(".cntnr.netd.v1.Attachment.ports: array expected");
                        message.ports = [];
                        for (let i = 0; i < object.ports.length; ++i) {
                            if (!$util.isObject(object.ports[i]))
                                throw TypeError(".cntnr.netd.v1.Attachment.ports: object expected");
                            message.ports[i] = $root.cntnr.netd.v1.PublishedPort.fromObject(object.ports[i], long + 1);
                        }
                    }
                    return message;
                };

                Attachment.toObject = function toObject(message, options, q) {
                    if (!options)
                        options = {};
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    let object = {};
                    if (options.arrays || options.defaults) {
                        object.addresses = [];
                        object.gateways = [];
                        object.nameservers = [];
                        object.searchDomains = [];
                        object.ports = [];
                    }
                    if (options.defaults) {
                        object.id = "";
                        object.network = "";
                        object["interface"] = "";
                        object.mac = "";
                        if ($util.Long) {
                            let long = new $util.Long(0, 0, false);
                            object.createdAt = options.longs === String ? long.toString() : options.longs === Number ? long.toNumber() : typeof BigInt !== "undefined" && options.longs === BigInt ? long.toBigInt() : long;
                        } else
                            object.createdAt = options.longs === String ? "0" : typeof BigInt !== "undefined" && options.longs === BigInt ? BigInt("0") : 0;
                        object.state = options.enums === String ? "ATTACHMENT_STATE_UNSPECIFIED" : 0;
                    }
                    if (message.id != null && Object.hasOwnProperty.call(message, "id"))
                        object.id = message.id;
                    if (message.network != null && Object.hasOwnProperty.call(message, "network"))
                        object.network = message.network;
                    if (message["interface"] != null && Object.hasOwnProperty.call(message, "interface"))
                        object["interface"] = message["interface"];
                    if (message.mac != null && Object.hasOwnProperty.call(message, "mac"))
                        object.mac = message.mac;
                    if (message.addresses && message.addresses.length) {
                        object.addresses = [];
                        for (let j = 0; j < message.addresses.length; ++j)
                            object.addresses[j] = message.addresses[j];
                    }
                    if (message.gateways && message.gateways.length) {
                        object.gateways = [];
                        for (let j = 0; j < message.gateways.length; ++j)
                            object.gateways[j] = message.gateways[j];
                    }
                    if (message.nameservers && message.nameservers.length) {
                        object.nameservers = [];
                        for (let j = 0; j < message.nameservers.length; ++j)
                            object.nameservers[j] = message.nameservers[j];
                    }
                    if (message.searchDomains && message.searchDomains.length) {
                        object.searchDomains = [];
                        for (let j = 0; j < message.searchDomains.length; ++j)
                            object.searchDomains[j] = message.searchDomains[j];
                    }
                    if (message.createdAt != null && Object.hasOwnProperty.call(message, "createdAt"))
                        if (typeof BigInt !== "undefined" && options.longs === BigInt)
                            object.createdAt = typeof message.createdAt === "number" ? BigInt(message.createdAt) : $util.Long.fromBits(message.createdAt.low >>> 0, message.createdAt.high >>> 0, false).toBigInt();
                        else if (typeof message.createdAt === "number")
                            object.createdAt = options.longs === String ? String(message.createdAt) : message.createdAt;
                        else
                            object.createdAt = options.longs === String ? $util.Long.prototype.toString.call(message.createdAt) : options.longs === Number ? new $util.LongBits(message.createdAt.low >>> 0, message.createdAt.high >>> 0).toNumber() : message.createdAt;
                    if (message.state != null && Object.hasOwnProperty.call(message, "state"))
                        object.state = options.enums === String ? $root.cntnr.netd.v1.AttachmentState[message.state] === undefined ? message.state : $root.cntnr.netd.v1.AttachmentState[message.state] : message.state;
                    if (message.ports && message.ports.length) {
                        object.ports = [];
                        for (let j = 0; j < message.ports.length; ++j)
                            object.ports[j] = $root.cntnr.netd.v1.PublishedPort.toObject(message.ports[j], options, q + 1);
                    }
                    return object;
                };

                Attachment.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return Attachment;
            })();

            v1.AttachmentState = (function() {
                const valuesById = {}, values = Object.create(valuesById);
                values[valuesById[0] = "ATTACHMENT_STATE_UNSPECIFIED"] = 0;
                values[valuesById[1] = "ATTACHMENT_STATE_ATTACHING"] = 1;
                values[valuesById[2] = "ATTACHMENT_STATE_ATTACHED"] = 2;
                values[valuesById[3] = "ATTACHMENT_STATE_DETACHING"] = 3;
                return values;
            })();

            v1.DetachRequest = (function() {

                function DetachRequest(properties) {
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                DetachRequest.prototype.attachmentId = "";

                DetachRequest.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    if (message.attachmentId != null && Object.hasOwnProperty.call(message, "attachmentId"))
                        writer.uint32(10).string(message.attachmentId);
                    return writer;
                };

                DetachRequest.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.DetachRequest();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        case 1: {
                                message.attachmentId = reader.string();
                                break;
                            }
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                DetachRequest.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.DetachRequest)
                        return object;
                    if (!$util.isObject(object))
                        throw TypeError(".cntnr.netd.v1.DetachRequest: object expected");
                    if (long === undefined)
                        long = 0;
                    if (long > $util.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let message = new $root.cntnr.netd.v1.DetachRequest();
                    if (object.attachmentId != null)
                        message.attachmentId = String(object.attachmentId);
                    return message;
                };

                DetachRequest.toObject = function toObject(message, options, q) {
                    if (!options)
                        options = {};
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    let object = {};
                    if (options.defaults)
                        object.attachmentId = "";
                    if (message.attachmentId != null && Object.hasOwnProperty.call(message, "attachmentId"))
                        object.attachmentId = message.attachmentId;
                    return object;
                };

                DetachRequest.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return DetachRequest;
            })();

            v1.DetachResponse = (function() {

                function DetachResponse(properties) {
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                DetachResponse.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    return writer;
                };

                DetachResponse.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.DetachResponse();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                DetachResponse.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.DetachResponse)
                        return object;
                    return new $root.cntnr.netd.v1.DetachResponse();
                };

                DetachResponse.toObject = function toObject() {
                    return {};
                };

                DetachResponse.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return DetachResponse;
            })();

            v1.ListRequest = (function() {

                function ListRequest(properties) {
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                ListRequest.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    return writer;
                };

                ListRequest.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.ListRequest();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                ListRequest.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.ListRequest)
                        return object;
                    return new $root.cntnr.netd.v1.ListRequest();
                };

                ListRequest.toObject = function toObject() {
                    return {};
                };

                ListRequest.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return ListRequest;
            })();

            v1.ListResponse = (function() {

                function ListResponse(properties) {
                    this.attachments = [];
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                ListResponse.prototype.attachments = $util.emptyArray;

                ListResponse.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    if (message.attachments != null && message.attachments.length)
                        for (let i = 0; i < message.attachments.length; ++i)
                            $root.cntnr.netd.v1.Attachment.encode(message.attachments[i], writer.uint32(10).fork(), q + 1).ldelim();
                    return writer;
                };

                ListResponse.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.ListResponse();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        case 1: {
                                if (!(message.attachments && message.attachments.length))
                                    message.attachments = [];
                                message.attachments.push($root.cntnr.netd.v1.Attachment.decode(reader, reader.uint32(), undefined, long + 1));
                                break;
                            }
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                ListResponse.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.ListResponse)
                        return object;
                    if (!$util.isObject(object))
                        throw TypeError(".cntnr.netd.v1.ListResponse: object expected");
                    if (long === undefined)
                        long = 0;
                    if (long > $util.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let message = new $root.cntnr.netd.v1.ListResponse();
                    if (object.attachments) {
                        if (!Array.isArray(object.attachments))
                            throw TypeError(".cntnr.netd.v1.ListResponse.attachments: array expected");
                        message.attachments = [];
                        for (let i = 0; i < object.attachments.length; ++i) {
                            if (!$util.isObject(object.attachments[i]))
                                throw TypeError(".cntnr.netd.v1.ListResponse.attachments: object expected");
                            message.attachments[i] = $root.cntnr.netd.v1.Attachment.fromObject(object.attachments[i], long + 1);
                        }
                    }
                    return message;
                };

                ListResponse.toObject = function toObject(message, options, q) {
                    if (!options)
                        options = {};
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    let object = {};
                    if (options.arrays || options.defaults)
                        object.attachments = [];
                    if (message.attachments && message.attachments.length) {
                        object.attachments = [];
                        for (let j = 0; j < message.attachments.length; ++j)
                            object.attachments[j] = $root.cntnr.netd.v1.Attachment.toObject(message.attachments[j], options, q + 1);
                    }
                    return object;
                };

                ListResponse.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return ListResponse;
            })();

            v1.NetworksRequest = (function() {

                function NetworksRequest(properties) {
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                NetworksRequest.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    return writer;
                };

                NetworksRequest.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.NetworksRequest();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                NetworksRequest.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.NetworksRequest)
                        return object;
                    return new $root.cntnr.netd.v1.NetworksRequest();
                };

                NetworksRequest.toObject = function toObject() {
                    return {};
                };

                NetworksRequest.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return NetworksRequest;
            })();

            v1.NetworksResponse = (function() {

                function NetworksResponse(properties) {
                    this.networks = [];
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                NetworksResponse.prototype.networks = $util.emptyArray;

                NetworksResponse.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    if (message.networks != null && message.networks.length)
                        for (let i = 0; i < message.networks.length; ++i)
                            $root.cntnr.netd.v1.Network.encode(message.networks[i], writer.uint32(10).fork(), q + 1).ldelim();
                    return writer;
                };

                NetworksResponse.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.NetworksResponse();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        case 1: {
                                if (!(message.networks && message.networks.length))
                                    message.networks = [];
                                message.networks.push($root.cntnr.netd.v1.Network.decode(reader, reader.uint32(), undefined, long + 1));
                                break;
                            }
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                NetworksResponse.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.NetworksResponse)
                        return object;
                    if (!$util.isObject(object))
                        throw TypeError(".cntnr.netd.v1.NetworksResponse: object expected");
                    if (long === undefined)
                        long = 0;
                    if (long > $util.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let message = new $root.cntnr.netd.v1.NetworksResponse();
                    if (object.networks) {
                        if (!Array.isArray(object.networks))
                            throw TypeError(".cntnr.netd.v1.NetworksResponse.networks: array expected");
                        message.networks = [];
                        for (let i = 0; i < object.networks.length; ++i) {
                            if (!$util.isObject(object.networks[i]))
                                throw TypeError(".cntnr.netd.v1.NetworksResponse.networks: object expected");
                            message.networks[i] = $root.cntnr.netd.v1.Network.fromObject(object.networks[i], long + 1);
                        }
                    }
                    return message;
                };

                NetworksResponse.toObject = function toObject(message, options, q) {
                    if (!options)
                        options = {};
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    let object = {};
                    if (options.arrays || options.defaults)
                        object.networks = [];
                    if (message.networks && message.networks.length) {
                        object.networks = [];
                        for (let j = 0; j < message.networks.length; ++j)
                            object.networks[j] = $root.cntnr.netd.v1.Network.toObject(message.networks[j], options, q + 1);
                    }
                    return object;
                };

                NetworksResponse.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return NetworksResponse;
            })();

            v1.Network = (function() {

                function Network(properties) {
                    this.plugins = [];
                    this.grants = [];
                    this.settings = [];
                    this.subnets = [];
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                Network.prototype.name = "";
                Network.prototype.attachmentsLimit = 0;
                Network.prototype.attachmentsUnlimited = false;
                Network.prototype.attachmentsUsed = 0;
                Network.prototype.plugins = $util.emptyArray;
                Network.prototype.grantedBy = "";
                Network.prototype.addressesLimit = 0;
                Network.prototype.addressesUnlimited = false;
                Network.prototype.addressesUsed = 0;
                Network.prototype.attachmentsFree = 0;
                Network.prototype.grants = $util.emptyArray;
                Network.prototype.settings = $util.emptyArray;
                Network.prototype.subnets = $util.emptyArray;
                Network.prototype.portsLimit = 0;
                Network.prototype.portsUnlimited = false;
                Network.prototype.portsUsed = 0;

                Network.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    if (message.name != null && Object.hasOwnProperty.call(message, "name"))
                        writer.uint32(10).string(message.name);
                    if (message.attachmentsLimit != null && Object.hasOwnProperty.call(message, "attachmentsLimit"))
                        writer.uint32(16).uint32(message.attachmentsLimit);
                    if (message.attachmentsUnlimited != null && Object.hasOwnProperty.call(message, "attachmentsUnlimited"))
                        writer.uint32(24).bool(message.attachmentsUnlimited);
                    if (message.attachmentsUsed != null && Object.hasOwnProperty.call(message, "attachmentsUsed"))
                        writer.uint32(32).uint32(message.attachmentsUsed);
                    if (message.plugins != null && message.plugins.length)
                        for (let i = 0; i < message.plugins.length; ++i)
                            writer.uint32(42).string(message.plugins[i]);
                    if (message.grantedBy != null && Object.hasOwnProperty.call(message, "grantedBy"))
                        writer.uint32(50).string(message.grantedBy);
                    if (message.addressesLimit != null && Object.hasOwnProperty.call(message, "addressesLimit"))
                        writer.uint32(56).uint32(message.addressesLimit);
                    if (message.addressesUnlimited != null && Object.hasOwnProperty.call(message, "addressesUnlimited"))
                        writer.uint32(64).bool(message.addressesUnlimited);
                    if (message.addressesUsed != null && Object.hasOwnProperty.call(message, "addressesUsed"))
                        writer.uint32(72).uint32(message.addressesUsed);
                    if (message.attachmentsFree != null && Object.hasOwnProperty.call(message, "attachmentsFree"))
                        writer.uint32(80).uint32(message.attachmentsFree);
                    if (message.grants != null && message.grants.length)
                        for (let i = 0; i < message.grants.length; ++i)
                            $root.cntnr.netd.v1.Grant.encode(message.grants[i], writer.uint32(90).fork(), q + 1).ldelim();
                    if (message.settings != null && message.settings.length)
                        for (let i = 0; i < message.settings.length; ++i)
                            $root.cntnr.netd.v1.Setting.encode(message.settings[i], writer.uint32(98).fork(), q + 1).ldelim();
                    if (message.subnets != null && message.subnets.length)
                        for (let i = 0; i < message.subnets.length; ++i)
                            writer.uint32(106).string(message.subnets[i]);
                    if (message.portsLimit != null && Object.hasOwnProperty.call(message, "portsLimit"))
                        writer.uint32(112).uint32(message.portsLimit);
                    if (message.portsUnlimited != null && Object.hasOwnProperty.call(message, "portsUnlimited"))
                        writer.uint32(120).bool(message.portsUnlimited);
                    if (message.portsUsed != null && Object.hasOwnProperty.call(message, "portsUsed"))
                        writer.uint32(128).uint32(message.portsUsed);
                    return writer;
                };

                Network.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.Network();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        case 1: {
                                message.name = reader.string();
                                break;
                            }
                        case 2: {
                                message.attachmentsLimit = reader.uint32();
                                break;
                            }
                        case 3: {
                                message.attachmentsUnlimited = reader.bool();
                                break;
                            }
                        case 4: {
                                message.attachmentsUsed = reader.uint32();
                                break;
                            }
                        case 5: {
                                if (!(message.plugins && message.plugins.length))
                                    message.plugins = [];
                                message.plugins.push(reader.string());
                                break;
                            }
                        case 6: {
                                message.grantedBy = reader.string();
                                break;
                            }
                        case 7: {
                                message.addressesLimit = reader.uint32();
                                break;
                            }
                        case 8: {
                                message.addressesUnlimited = reader.bool();
                                break;
                            }
                        case 9: {
                                message.addressesUsed = reader.uint32();
                                break;
                            }
                        case 10: {
                                message.attachmentsFree = reader.uint32();
                                break;
                            }
                        case 11: {
                                if (!(message.grants && message.grants.length))
                                    message.grants = [];
                                message.grants.push($root.cntnr.netd.v1.Grant.decode(reader, reader.uint32(), undefined, long + 1));
                                break;
                            }
                        case 12: {
                                if (!(message.settings && message.settings.length))
                                    message.settings = [];
                                message.settings.push($root.cntnr.netd.v1.Setting.decode(reader, reader.uint32(), undefined, long + 1));
                                break;
                            }
                        case 13: {
                                if (!(message.subnets && message.subnets.length))
                                    message.subnets = [];
                                message.subnets.push(reader.string());
                                break;
                            }
                        case 14: {
                                message.portsLimit = reader.uint32();
                                break;
                            }
                        case 15: {
                                message.portsUnlimited = reader.bool();
                                break;
                            }
                        case 16: {
                                message.portsUsed = reader.uint32();
                                break;
                            }
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                Network.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.Network)
                        return object;
                    if (!$util.isObject(object))
                        throw TypeError(".cntnr.netd.v1.Network: object expected");
                    if (long === undefined)
                        long = 0;
                    if (long > $util.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let message = new $root.cntnr.netd.v1.Network();
                    if (object.name != null)
                        message.name = String(object.name);
                    if (object.attachmentsLimit != null)
                        message.attachmentsLimit = object.attachmentsLimit >>> 0;
                    if (object.attachmentsUnlimited != null)
                        message.attachmentsUnlimited = Boolean(object.attachmentsUnlimited);
                    if (object.attachmentsUsed != null)
                        message.attachmentsUsed = object.attachmentsUsed >>> 0;
                    if (object.plugins) {
                        if (!Array.isArray(object.plugins))
                            throw TypeError(".cntnr.netd.v1.Network.plugins: array expected");
                        message.plugins = [];
                        for (let i = 0; i < object.plugins.length; ++i)
                            message.plugins[i] = String(object.plugins[i]);
                    }
                    if (object.grantedBy != null)
                        message.grantedBy = String(object.grantedBy);
                    if (object.addressesLimit != null)
                        message.addressesLimit = object.addressesLimit >>> 0;
                    if (object.addressesUnlimited != null)
                        message.addressesUnlimited = Boolean(object.addressesUnlimited);
                    if (object.addressesUsed != null)
                        message.addressesUsed = object.addressesUsed >>> 0;
                    if (object.attachmentsFree != null)
                        message.attachmentsFree = object.attachmentsFree >>> 0;
                    if (object.grants) {
                        if (!Array.isArray(object.grants))
                            throw TypeError(".cntnr.netd.v1.Network.grants: array expected");
                        message.grants = [];
                        for (let i = 0; i < object.grants.length; ++i) {
                            if (!$util.isObject(object.grants[i]))
                                throw TypeError(".cntnr.netd.v1.Network.grants: object expected");
                            message.grants[i] = $root.cntnr.netd.v1.Grant.fromObject(object.grants[i], long + 1);
                        }
                    }
                    if (object.settings) {
                        if (!Array.isArray(object.settings))
                            throw TypeError(".cntnr.netd.v1.Network.settings: array expected");
                        message.settings = [];
                        for (let i = 0; i < object.settings.length; ++i) {
                            if (!$util.isObject(object.settings[i]))
                                throw TypeError(".cntnr.netd.v1.Network.settings: object expected");
                            message.settings[i] = $root.cntnr.netd.v1.Setting.fromObject(object.settings[i], long + 1);
                        }
                    }
                    if (object.subnets) {
                        if (!Array.isArray(object.subnets))
                            throw TypeError(".cntnr.netd.v1.Network.subnets: array expected");
                        message.subnets = [];
                        for (let i = 0; i < object.subnets.length; ++i)
                            message.subnets[i] = String(object.subnets[i]);
                    }
                    if (object.portsLimit != null)
                        message.portsLimit = object.portsLimit >>> 0;
                    if (object.portsUnlimited != null)
                        message.portsUnlimited = Boolean(object.portsUnlimited);
                    if (object.portsUsed != null)
                        message.portsUsed = object.portsUsed >>> 0;
                    return message;
                };

                Network.toObject = function toObject(message, options, q) {
                    if (!options)
                        options = {};
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    let object = {};
                    if (options.arrays || options.defaults) {
                        object.plugins = [];
                        object.grants = [];
                        object.settings = [];
                        object.subnets = [];
                    }
                    if (options.defaults) {
                        object.name = "";
                        object.attachmentsLimit = 0;
                        object.attachmentsUnlimited = false;
                        object.attachmentsUsed = 0;
                        object.grantedBy = "";
                        object.addressesLimit = 0;
                        object.addressesUnlimited = false;
                        object.addressesUsed = 0;
                        object.attachmentsFree = 0;
                        object.portsLimit = 0;
                        object.portsUnlimited = false;
                        object.portsUsed = 0;
                    }
                    if (message.name != null && Object.hasOwnProperty.call(message, "name"))
                        object.name = message.name;
                    if (message.attachmentsLimit != null && Object.hasOwnProperty.call(message, "attachmentsLimit"))
                        object.attachmentsLimit = message.attachmentsLimit;
                    if (message.attachmentsUnlimited != null && Object.hasOwnProperty.call(message, "attachmentsUnlimited"))
                        object.attachmentsUnlimited = message.attachmentsUnlimited;
                    if (message.attachmentsUsed != null && Object.hasOwnProperty.call(message, "attachmentsUsed"))
                        object.attachmentsUsed = message.attachmentsUsed;
                    if (message.plugins && message.plugins.length) {
                        object.plugins = [];
                        for (let j = 0; j < message.plugins.length; ++j)
                            object.plugins[j] = message.plugins[j];
                    }
                    if (message.grantedBy != null && Object.hasOwnProperty.call(message, "grantedBy"))
                        object.grantedBy = message.grantedBy;
                    if (message.addressesLimit != null && Object.hasOwnProperty.call(message, "addressesLimit"))
                        object.addressesLimit = message.addressesLimit;
                    if (message.addressesUnlimited != null && Object.hasOwnProperty.call(message, "addressesUnlimited"))
                        object.addressesUnlimited = message.addressesUnlimited;
                    if (message.addressesUsed != null && Object.hasOwnProperty.call(message, "addressesUsed"))
                        object.addressesUsed = message.addressesUsed;
                    if (message.attachmentsFree != null && Object.hasOwnProperty.call(message, "attachmentsFree"))
                        object.attachmentsFree = message.attachmentsFree;
                    if (message.grants && message.grants.length) {
                        object.grants = [];
                        for (let j = 0; j < message.grants.length; ++j)
                            object.grants[j] = $root.cntnr.netd.v1.Grant.toObject(message.grants[j], options, q + 1);
                    }
                    if (message.settings && message.settings.length) {
                        object.settings = [];
                        for (let j = 0; j < message.settings.length; ++j)
                            object.settings[j] = $root.cntnr.netd.v1.Setting.toObject(message.settings[j], options, q + 1);
                    }
                    if (message.subnets && message.subnets.length) {
                        object.subnets = [];
                        for (let j = 0; j < message.subnets.length; ++j)
                            object.subnets[j] = message.subnets[j];
                    }
                    if (message.portsLimit != null && Object.hasOwnProperty.call(message, "portsLimit"))
                        object.portsLimit = message.portsLimit;
                    if (message.portsUnlimited != null && Object.hasOwnProperty.call(message, "portsUnlimited"))
                        object.portsUnlimited = message.portsUnlimited;
                    if (message.portsUsed != null && Object.hasOwnProperty.call(message, "portsUsed"))
                        object.portsUsed = message.portsUsed;
                    return object;
                };

                Network.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return Network;
            })();

            v1.Grant = (function() {

                function Grant(properties) {
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                Grant.prototype.key = "";
                Grant.prototype.value = "";
                Grant.prototype.grantedBy = "";

                Grant.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    if (message.key != null && Object.hasOwnProperty.call(message, "key"))
                        writer.uint32(10).string(message.key);
                    if (message.value != null && Object.hasOwnProperty.call(message, "value"))
                        writer.uint32(18).string(message.value);
                    if (message.grantedBy != null && Object.hasOwnProperty.call(message, "grantedBy"))
                        writer.uint32(26).string(message.grantedBy);
                    return writer;
                };

                Grant.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.Grant();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        case 1: {
                                message.key = reader.string();
                                break;
                            }
                        case 2: {
                                message.value = reader.string();
                                break;
                            }
                        case 3: {
                                message.grantedBy = reader.string();
                                break;
                            }
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                Grant.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.Grant)
                        return object;
                    if (!$util.isObject(object))
                        throw TypeError(".cntnr.netd.v1.Grant: object expected");
                    if (long === undefined)
                        long = 0;
                    if (long > $util.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let message = new $root.cntnr.netd.v1.Grant();
                    if (object.key != null)
                        message.key = String(object.key);
                    if (object.value != null)
                        message.value = String(object.value);
                    if (object.grantedBy != null)
                        message.grantedBy = String(object.grantedBy);
                    return message;
                };

                Grant.toObject = function toObject(message, options, q) {
                    if (!options)
                        options = {};
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    let object = {};
                    if (options.defaults) {
                        object.key = "";
                        object.value = "";
                        object.grantedBy = "";
                    }
                    if (message.key != null && Object.hasOwnProperty.call(message, "key"))
                        object.key = message.key;
                    if (message.value != null && Object.hasOwnProperty.call(message, "value"))
                        object.value = message.value;
                    if (message.grantedBy != null && Object.hasOwnProperty.call(message, "grantedBy"))
                        object.grantedBy = message.grantedBy;
                    return object;
                };

                Grant.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return Grant;
            })();

            v1.Setting = (function() {

                function Setting(properties) {
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                Setting.prototype.key = "";
                Setting.prototype.value = "";

                Setting.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    if (message.key != null && Object.hasOwnProperty.call(message, "key"))
                        writer.uint32(10).string(message.key);
                    if (message.value != null && Object.hasOwnProperty.call(message, "value"))
                        writer.uint32(18).string(message.value);
                    return writer;
                };

                Setting.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.Setting();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        case 1: {
                                message.key = reader.string();
                                break;
                            }
                        case 2: {
                                message.value = reader.string();
                                break;
                            }
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                Setting.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.Setting)
                        return object;
                    if (!$util.isObject(object))
                        throw TypeError(".cntnr.netd.v1.Setting: object expected");
                    if (long === undefined)
                        long = 0;
                    if (long > $util.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let message = new $root.cntnr.netd.v1.Setting();
                    if (object.key != null)
                        message.key = String(object.key);
                    if (object.value != null)
                        message.value = String(object.value);
                    return message;
                };

                Setting.toObject = function toObject(message, options, q) {
                    if (!options)
                        options = {};
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    let object = {};
                    if (options.defaults) {
                        object.key = "";
                        object.value = "";
                    }
                    if (message.key != null && Object.hasOwnProperty.call(message, "key"))
                        object.key = message.key;
                    if (message.value != null && Object.hasOwnProperty.call(message, "value"))
                        object.value = message.value;
                    return object;
                };

                Setting.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return Setting;
            })();

            v1.StatusRequest = (function() {

                function StatusRequest(properties) {
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                StatusRequest.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    return writer;
                };

                StatusRequest.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.StatusRequest();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                StatusRequest.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.StatusRequest)
                        return object;
                    return new $root.cntnr.netd.v1.StatusRequest();
                };

                StatusRequest.toObject = function toObject() {
                    return {};
                };

                StatusRequest.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return StatusRequest;
            })();

            v1.StatusResponse = (function() {

                function StatusResponse(properties) {
                    if (properties)
                        for (let keys = Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                }

                StatusResponse.prototype.version = "";
                StatusResponse.prototype.policyCurrent = false;
                StatusResponse.prototype.attachments = 0;

                StatusResponse.encode = function encode(message, writer, q) {
                    if (!writer)
                        writer = $Writer.create();
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    if (message.version != null && Object.hasOwnProperty.call(message, "version"))
                        writer.uint32(10).string(message.version);
                    if (message.policyCurrent != null && Object.hasOwnProperty.call(message, "policyCurrent"))
                        writer.uint32(16).bool(message.policyCurrent);
                    if (message.attachments != null && Object.hasOwnProperty.call(message, "attachments"))
                        writer.uint32(24).uint32(message.attachments);
                    return writer;
                };

                StatusResponse.decode = function decode(reader, length, error, long) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (long === undefined)
                        long = 0;
                    if (long > $Reader.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let end, message;
                    if (length === undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = new $root.cntnr.netd.v1.StatusResponse();
                    while (reader.pos < end) {
                        let tag = reader.uint32();
                        if (tag === error)
                            break;
                        switch (tag >>> 3) {
                        case 1: {
                                message.version = reader.string();
                                break;
                            }
                        case 2: {
                                message.policyCurrent = reader.bool();
                                break;
                            }
                        case 3: {
                                message.attachments = reader.uint32();
                                break;
                            }
                        default:
                            reader.skipType(tag & 7, long);
                            break;
                        }
                    }
                    if (length !== undefined) {
                        if (reader.pos !== end)
                            throw RangeError("index out of range");
                        reader.len = length;
                    }
                    return message;
                };

                StatusResponse.fromObject = function fromObject(object, long) {
                    if (object instanceof $root.cntnr.netd.v1.StatusResponse)
                        return object;
                    if (!$util.isObject(object))
                        throw TypeError(".cntnr.netd.v1.StatusResponse: object expected");
                    if (long === undefined)
                        long = 0;
                    if (long > $util.recursionLimit)
                        throw Error("maximum nesting depth exceeded");
                    let message = new $root.cntnr.netd.v1.StatusResponse();
                    if (object.version != null)
                        message.version = String(object.version);
                    if (object.policyCurrent != null)
                        message.policyCurrent = Boolean(object.policyCurrent);
                    if (object.attachments != null)
                        message.attachments = object.attachments >>> 0;
                    return message;
                };

                StatusResponse.toObject = function toObject(message, options, q) {
                    if (!options)
                        options = {};
                    if (q === undefined)
                        q = 0;
                    if (q > $util.recursionLimit)
                        throw Error("max depth exceeded");
                    let object = {};
                    if (options.defaults) {
                        object.version = "";
                        object.policyCurrent = false;
                        object.attachments = 0;
                    }
                    if (message.version != null && Object.hasOwnProperty.call(message, "version"))
                        object.version = message.version;
                    if (message.policyCurrent != null && Object.hasOwnProperty.call(message, "policyCurrent"))
                        object.policyCurrent = message.policyCurrent;
                    if (message.attachments != null && Object.hasOwnProperty.call(message, "attachments"))
                        object.attachments = message.attachments;
                    return object;
                };

                StatusResponse.prototype.toJSON = function toJSON() {
                    return this.constructor.toObject(this, $protobuf.util.toJSONOptions);
                };

                return StatusResponse;
            })();

            return v1;
        })();

        return netd;
    })();

    return cntnr;
})();

export { $root as default };
