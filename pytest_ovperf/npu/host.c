/* Compiles one model with the NPU compiler of OpenVINO's libraries for Windows, and says what came of it.
 *
 * Reads `request.txt` in the working directory, lines of UTF-8 `key<TAB>value`:
 *     libs      folder of OpenVINO's libraries        model     an .xml or .onnx file
 *     platform  such as 4000                          reshape   input<TAB>dimensions, such as 1,1..128,?;
 *                                                               the input * stands for every one
 * and writes `result.jsonl` there, one JSON object a line as soon as it is known, so that a crash leaves what came
 * before it. The compiled model goes to `blob.bin`. Standard output and error are left to OpenVINO.
 *
 * OpenVINO's C API is loaded by name: no header and no import library is needed, and its C++ names, which another
 * compiler than Microsoft's cannot link, are not touched.
 */
#include <windows.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_INPUTS 64
#define MOST_DIMENSIONS 16
#define LONGEST_PATH 4096

/* As in openvino/c: a rank is a dimension, and no upper bound is -1. */
typedef struct { int64_t least, most; } dimension;
typedef struct { dimension rank; dimension *dimensions; } partial_shape;
typedef struct { const char *build, *description; } version;

static FILE *result;

static void put_text(const char *text) {
    fputc('"', result);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '"' || *at == '\\')
            fprintf(result, "\\%c", *at);
        else if (*at < 0x20)
            fprintf(result, "\\u%04x", *at);
        else
            fputc(*at, result);
    }
    fputc('"', result);
}

static void end_line(void) {
    fputs("}\n", result);
    fflush(result);
}

static int failed(const char *stage, const char *message) {
    fprintf(result, "{\"failed\": \"%s\", \"message\": ", stage);
    put_text(message);
    end_line();
    return 1;
}

static LONG WINAPI crashed(EXCEPTION_POINTERS *exception) {
    const EXCEPTION_RECORD *record = exception->ExceptionRecord;
    HMODULE module = NULL;
    char name[LONGEST_PATH] = "?";
    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       record->ExceptionAddress, &module);
    if (module) GetModuleFileNameA(module, name, sizeof name);
    const char *base = strrchr(name, '\\');
    fprintf(result, "{\"crashed\": \"0x%08lX\", \"where\": ", (unsigned long)record->ExceptionCode);
    put_text(base ? base + 1 : name);
    end_line();
    TerminateProcess(GetCurrentProcess(), record->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

static HMODULE library;

static FARPROC named(const char *name) {
    FARPROC found = GetProcAddress(library, name);
    if (!found) {
        failed("load", name);
        exit(1);
    }
    return found;
}

/* A function of the C API by its name; all but the last of these return a status, 0 for success. */
#define CALL(name, ...) ((int (*)())(void *)named(#name))(__VA_ARGS__)
#define LAST_ERROR ((const char *(*)(void))(void *)named("ov_get_last_err_msg"))()

static HMODULE load(const char *folder) {
    wchar_t path[LONGEST_PATH], file[LONGEST_PATH];
    MultiByteToWideChar(CP_UTF8, 0, folder, -1, path, LONGEST_PATH);
    SetDllDirectoryW(path);
    _snwprintf(file, LONGEST_PATH, L"%ls\\openvino_c.dll", path);
    return LoadLibraryExW(file, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
}

static void put_version(void) {
    version found = {NULL, NULL};
    if (CALL(ov_get_openvino_version, &found) == 0) {
        fputs("{\"version\": ", result);
        put_text(found.build);
        end_line();
    }
}

static void put_ports(void *model, int inputs) {
    size_t count = 0;
    if (inputs) CALL(ov_model_inputs_size, model, &count);
    else CALL(ov_model_outputs_size, model, &count);
    fprintf(result, "\"%s\": [", inputs ? "inputs" : "outputs");
    for (size_t index = 0; index < count; index++) {
        void *port = NULL;
        char *name = NULL;
        partial_shape shape;
        if (inputs) CALL(ov_model_const_input_by_index, model, index, &port);
        else CALL(ov_model_const_output_by_index, model, index, &port);
        fputs(index ? ", [" : "[", result);
        put_text(CALL(ov_port_get_any_name, port, &name) == 0 ? name : "");
        fputs(", ", result);
        if (CALL(ov_port_get_partial_shape, port, &shape) == 0)
            put_text(((const char *(*)(partial_shape))(void *)named("ov_partial_shape_to_string"))(shape));
        else
            put_text("[...]");
        fputc(']', result);
    }
    fputc(']', result);
}

static void put_model(void *model) {
    fputc('{', result);
    put_ports(model, 1);
    fputs(", ", result);
    put_ports(model, 0);
    end_line();
}

/* Read "1,1..128,?" into `shape`; the text is cut up on the way. */
static int read_shape(char *text, partial_shape *shape) {
    dimension *sizes = calloc(MOST_DIMENSIONS, sizeof *sizes);
    int64_t rank = 0;
    for (char *size = strtok(text, ","); size; size = strtok(NULL, ",")) {
        if (rank == MOST_DIMENSIONS) return 0;
        const char *to = strstr(size, "..");
        sizes[rank].least = *size == '?' ? 0 : atoll(size);
        sizes[rank].most = *size == '?' ? -1 : to ? atoll(to + 2) : sizes[rank].least;
        rank++;
    }
    shape->rank.least = shape->rank.most = rank;
    shape->dimensions = sizes;
    return 1;
}

/* Give every input of `model` the shape of the request that names the input "*". Returns how many there are. */
static size_t for_every_input(void *model, const char **names, partial_shape *shapes) {
    const partial_shape shape = shapes[0];
    size_t count = 0, reshaped = 0;
    CALL(ov_model_inputs_size, model, &count);
    for (size_t index = 0; index < count && reshaped < MOST_INPUTS; index++) {
        void *port = NULL;
        char *name = NULL;
        CALL(ov_model_const_input_by_index, model, index, &port);
        if (CALL(ov_port_get_any_name, port, &name)) continue;
        names[reshaped] = name;
        shapes[reshaped++] = shape;
    }
    return reshaped;
}

static char *read_request(void) {
    FILE *file = fopen("request.txt", "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = calloc((size_t)size + 1, 1);
    size_t read = fread(text, 1, (size_t)size, file);
    fclose(file);
    return read == (size_t)size ? text : NULL;
}

int main(void) {
    char *libs = "", *path = "", *platform = "", *text = read_request();
    const char *names[MOST_INPUTS];
    partial_shape shapes[MOST_INPUTS];
    size_t reshaped = 0;
    void *core = NULL, *model = NULL, *compiled = NULL;

    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(crashed);
    result = fopen("result.jsonl", "wb");
    if (!text || !result) return 2;
    for (char *next, *line = text; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = 0;
        char *value = strchr(line, '\t');
        if (!value) continue;
        *value++ = 0;
        if (!strcmp(line, "libs")) libs = value;
        else if (!strcmp(line, "model")) path = value;
        else if (!strcmp(line, "platform")) platform = value;
        else if (!strcmp(line, "reshape") && reshaped < MOST_INPUTS) {
            char *sizes = strchr(value, '\t');
            if (!sizes) return failed("request", value);
            *sizes++ = 0;
            names[reshaped] = value;
            if (!read_shape(sizes, &shapes[reshaped++])) return failed("request", "too many dimensions");
        }
    }

    library = load(libs);
    if (!library) {
        char why[64];
        snprintf(why, sizeof why, "openvino_c.dll: error %lu of Windows", (unsigned long)GetLastError());
        return failed("load", why);
    }
    put_version();
    wchar_t wide[LONGEST_PATH];
    MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, LONGEST_PATH);
    if (CALL(ov_core_create, &core)) return failed("load", LAST_ERROR);
    if (CALL(ov_core_read_model_unicode, core, wide, NULL, &model)) return failed("read", LAST_ERROR);
    if (reshaped == 1 && !strcmp(names[0], "*")) reshaped = for_every_input(model, names, shapes);
    if (reshaped && CALL(ov_model_reshape, model, names, shapes, reshaped)) return failed("reshape", LAST_ERROR);
    put_model(model);

    LARGE_INTEGER frequency, start, end;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&start);
    if (CALL(ov_core_compile_model, core, model, "NPU", (size_t)6, &compiled, "NPU_PLATFORM", platform,
             "NPU_COMPILER_TYPE", "PLUGIN", "PERFORMANCE_HINT", "LATENCY"))
        return failed("compile", LAST_ERROR);
    QueryPerformanceCounter(&end);
    fprintf(result, "{\"compiled_s\": %.3f", (double)(end.QuadPart - start.QuadPart) / (double)frequency.QuadPart);
    end_line();

    WIN32_FILE_ATTRIBUTE_DATA file;
    if (CALL(ov_compiled_model_export_model, compiled, "blob.bin")) return failed("export", LAST_ERROR);
    if (!GetFileAttributesExA("blob.bin", GetFileExInfoStandard, &file)) return failed("export", "no blob.bin");
    fprintf(result, "{\"blob_bytes\": %llu", ((unsigned long long)file.nFileSizeHigh << 32) | file.nFileSizeLow);
    end_line();
    fclose(result);
    /* Not `return`: unloading OpenVINO's libraries takes longer than ending without it, and may crash. */
    TerminateProcess(GetCurrentProcess(), 0);
    return 0;
}
