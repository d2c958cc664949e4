/** Signing in by the admin token or the token of a one-time link: as a page of its own, or above the page. */

import { Button, Modal, PasswordInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { signIn } from '../api/client.ts'
import { signedInKey } from '../api/queries.ts'
import { Logo } from '../ui/logo.tsx'
import './sign-in.css'

export function SignInCard(): ReactNode {
  const wasLinkUsed = new URLSearchParams(location.search).get('link') === 'used'
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Logo />
        <h1>Sign in</h1>
        {wasLinkUsed && <p role="alert">This link was used already or is too old.</p>}
        <SignInForm />
      </div>
    </main>
  )
}

export function SignInDialog(): ReactNode {
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title="Your session has ended"
    >
      <SignInForm />
    </Modal>
  )
}

function SignInForm(): ReactNode {
  const queries = useQueryClient()
  const [token, setToken] = useState('')
  const attempt = useMutation({
    mutationFn: () => signIn(token.trim()),
    async onSuccess() {
      queries.setQueryData(signedInKey, true)
      await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== signedInKey[0] })
    },
  })
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        attempt.mutate()
      }}
    >
      <PasswordInput
        name="token"
        label="Admin token"
        description="The one of the configuration, or that of the sign-in link which the start printed."
        value={token}
        onChange={(event) => setToken(event.currentTarget.value)}
        error={attempt.isError && 'That did not work. Check and try again.'}
        autoComplete="current-password"
        data-autofocus
        autoFocus
        required
      />
      <Button type="submit" size="sm" loading={attempt.isPending}>
        Sign in
      </Button>
    </form>
  )
}
