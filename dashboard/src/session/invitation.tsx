/** Where an invitation leads: whoever holds it chooses a password, and is signed in. */

import { Button, PasswordInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ApiError, acceptInvitation } from '../api/client.ts'
import { Logo } from '../ui/logo.tsx'
import './sign-in.css'

export function InvitationCard(): ReactNode {
  const [password, setPassword] = useState('')
  const attempt = useMutation({
    mutationFn: () => acceptInvitation(location.hash.slice(1), password),
    onSuccess: () => location.replace('/'),
  })
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Logo />
        <h1>Choose a password</h1>
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            attempt.mutate()
          }}
        >
          <PasswordInput
            name="password"
            label="New password"
            description="12 characters or more. A few words that only you would put together are good."
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={attempt.error && messageOf(attempt.error)}
            autoComplete="new-password"
            minLength={12}
            autoFocus
            required
          />
          <Button type="submit" size="sm" loading={attempt.isPending}>
            Set password and sign in
          </Button>
        </form>
      </div>
    </main>
  )
}

function messageOf(error: Error): string {
  if (error instanceof ApiError && error.status < 500) return error.message
  return 'That did not work. Try again.'
}
