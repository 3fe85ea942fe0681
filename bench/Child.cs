using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace OpsMonitor.Bench;

/// <summary>A server as a process of its own, so that its memory and processor time are not the viewers'.</summary>
internal sealed class Child : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Child(int port, string dll, string[] arguments)
    {
        Root = new($"http://127.0.0.1:{port}");
        _process = new() { StartInfo = new("dotnet", [Path.Combine(AppContext.BaseDirectory, dll), .. arguments]) { RedirectStandardOutput = true } };
        _process.OutputDataReceived += (_, e) =>
        {
            if (e.Data?.Trim() is not { } line) return;
            if (line.StartsWith("om_live_", StringComparison.Ordinal)) Key = line;
            if (line.StartsWith("OpsMonitor is up", StringComparison.Ordinal)) _up.TrySetResult();
        };
        _process.Start();
        _process.BeginOutputReadLine();
    }

    public Uri Root { get; }

    public string? Key { get; private set; }

    public double CpuMs { get { _process.Refresh(); return _process.TotalProcessorTime.TotalMilliseconds; } }

    public long Memory { get { _process.Refresh(); return _process.WorkingSet64; } }

    /// <summary>Tells the bar to go or to stop.</summary>
    public async Task Ask(string path)
    {
        using var client = new HttpClient();
        (await client.GetAsync(new Uri(Root, path))).Dispose();
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public static async Task<Child> ServeAsync(string folder, int port)
    {
        var child = new Child(port, "opsmonitor.dll", ["serve", "--data", folder, "--url", $"http://127.0.0.1:{port}"]);
        await child._up.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return child;
    }

    public static async Task<Child> BarAsync(int port)
    {
        var child = new Child(port, "OpsMonitor.Bench.dll", ["bar", $"{port}"]);
        await child._up.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return child;
    }

    /// <summary>The bar for fan-out: one array of bytes, made once, to every WebSocket four times a second while it is told to go.</summary>
    public static async Task RunBarAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        await using var app = builder.Build();
        app.UseWebSockets();
        var sockets = new System.Collections.Concurrent.ConcurrentBag<WebSocket>();
        var going = false;
        app.Run(async context =>
        {
            if (!context.WebSockets.IsWebSocketRequest) { Volatile.Write(ref going, context.Request.Path == "/go"); return; }
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            sockets.Add(socket);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
        });
        await app.StartAsync();
        Console.WriteLine("OpsMonitor is up (the bar)");
        var frame = new byte[1024];
        Array.Fill(frame, (byte)'x');
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (await timer.WaitForNextTickAsync())
            foreach (var socket in Volatile.Read(ref going) ? sockets : [])
                if (socket.State == WebSocketState.Open) await socket.SendAsync(frame, WebSocketMessageType.Text, true, CancellationToken.None);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
