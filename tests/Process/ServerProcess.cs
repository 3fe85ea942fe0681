using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace OpsMonitor.Tests.Processes;

/// <summary>The real program as a child process, which can be killed at any moment.</summary>
internal sealed partial class ServerProcess : IDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(120);

    private readonly System.Diagnostics.Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<Uri> _up = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(System.Diagnostics.Process program)
    {
        _process = program;
        _process.EnableRaisingEvents = true;
        _process.OutputDataReceived += (_, e) => Heard(e.Data);
        _process.ErrorDataReceived += (_, e) => Heard(e.Data);
        _process.Exited += (_, _) => _up.TrySetException(new InvalidOperationException($"the server ended before it was up: {Said}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The key that a first start shows; null at every later start.</summary>
    public string? FirstKey { get; private set; }

    public Uri Root => _up.Task.Result;

    private string Said => string.Join('\n', _lines);

    /// <param name="more">further arguments of <c>serve</c></param>
    public static Task<ServerProcess> StartAsync(string folder, params string[] more) =>
        UpAsync(Program(["serve", "--data", folder, "--url", "http://127.0.0.1:0", .. more]));

    /// <summary>A node of a cluster, whose program lies beside the test's.</summary>
    public static Task<ServerProcess> StartNodeAsync(string storage, params string[] arguments)
    {
        var node = Program("opsmonitor-node.dll", arguments);
        node.StartInfo.Environment["OPSMONITOR_STORAGE"] = storage;
        return UpAsync(node);
    }

    private static async Task<ServerProcess> UpAsync(System.Diagnostics.Process program)
    {
        var server = new ServerProcess(program);
        try
        {
            await server._up.Task.WaitAsync(StartsWithin);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Runs a command of the program to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Program(arguments);
        process.Start();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
        return (process.ExitCode, await output + await errors);
    }

    /// <summary>SIGKILL: no handler runs, no buffer is flushed.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Processor time that it has used, in ms.</summary>
    public double CpuMs
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalMilliseconds;
        }
    }

    /// <summary>SIGTERM, and the end that follows: a clean stop.</summary>
    public async Task StopAsync()
    {
        await SignalAsync("TERM");
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>SIGSTOP: connections stay open and nothing answers, as with a machine that hangs.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>SIGCONT: goes on as if nothing had been.</summary>
    public Task ThawAsync() => SignalAsync("CONT");

    public void Dispose()
    {
        if (!_process.HasExited) Kill(); // also a frozen one
        _process.Dispose();
    }

    // .NET sends SIGKILL alone; every shell has the others.
    private async Task SignalAsync(string name)
    {
        using var shell = System.Diagnostics.Process.Start("/bin/sh", ["-c", $"kill -{name} {_process.Id}"]);
        await shell.WaitForExitAsync();
        if (shell.ExitCode != 0) throw new InvalidOperationException($"SIG{name} could not be sent");
    }

    private static System.Diagnostics.Process Program(params string[] arguments) => Program("opsmonitor.dll", arguments);

    private static System.Diagnostics.Process Program(string dll, string[] arguments) => new()
    {
        StartInfo = new("dotnet", [Path.Combine(AppContext.BaseDirectory, dll), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
            Environment = { ["DOTNET_TieredPGO"] = "0" }, // most of these live for a second: nothing is gained by counting calls
        },
    };

    private void Heard(string? line)
    {
        if (line is null) return;
        _lines.Enqueue(line);
        if (line.Trim() is var word && word.StartsWith("om_live_", StringComparison.Ordinal)) FirstKey = word;
        if (UpLine().Match(line) is { Success: true } up) _up.TrySetResult(new(up.Groups[1].Value));
    }

    [GeneratedRegex(@"^OpsMonitor is up: (http://127\.0\.0\.1:\d+)/")]
    private static partial Regex UpLine();
}
